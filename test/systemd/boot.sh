#!/usr/bin/env bash
# usage: boot.sh. Installs both daemons into a Debian of its own, boots that under a real systemd (systemd-nspawn), and takes the units
# through their lives (ready, paired, reloaded, upgraded, restarted, killed, hung, stopped, removed) while they move a tenant between
# two embedded clouds, verify it and roll it back. Needs root; says loudly when it cannot run.
#
# The Debian is made once (two minutes, 260 MB) and kept in GODWIT_SYSTEMD, /var/tmp/godwit-systemd by default; nothing else of
# this machine is written.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
home=${GODWIT_SYSTEMD:-/var/tmp/godwit-systemd}
base=$home/base
machine=$home/machine

skip() { echo "SKIPPED: units under a real systemd: $1"; exit 0; }
[ "$(id -u)" = 0 ] || skip "needs root"
for tool in systemd-nspawn debootstrap nsenter; do
  command -v $tool >/dev/null || skip "$tool is not installed (Debian: apt install systemd-container debootstrap)"
done
for part in machine lives campaign; do source "$here/$part.sh"; done
trap remove_machine EXIT

make_base
install_machine
boot_machine
furnish_clouds
start_units
pair_daemons

# So slow that the campaign is not over before all of this has happened to it, however busy this machine is.
set_bandwidth 500kbit
begin_campaign
upgrade_units
goes_on
for side in sender receiver; do
  restart_unit $side
  goes_on
  signal_unit KILL $side 60
  goes_on
done
# Nothing but its watchdog notices that it hangs.
signal_unit STOP receiver 90
goes_on
set_bandwidth 200mbit
await_ready
examine
refuse_removal
roll_back

refuse_configuration
stop_units
power_off
remove_units
say "PASSED: units under a real systemd"
