#!/usr/bin/env bash
# usage: boot.sh. Installs both daemons into a Debian of its own, boots that under a real systemd (systemd-nspawn), and takes the
# units through their lives: ready, paired, reloaded, upgraded, killed, hung, stopped, removed. Needs root; says loudly when it cannot run.
#
# The Debian is made once (two minutes, 260 MB) and kept in GODWIT_SYSTEMD, /var/tmp/godwit-systemd by default; nothing else of
# this machine is written.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=${GODWIT_SYSTEMD:-/var/tmp/godwit-systemd}
base=$home/base
machine=$home/machine

skip() { echo "SKIPPED: units under a real systemd: $1"; exit 0; }
[ "$(id -u)" = 0 ] || skip "needs root"
for tool in systemd-nspawn debootstrap nsenter; do
  command -v $tool >/dev/null || skip "$tool is not installed (Debian: apt install systemd-container debootstrap)"
done

say() { echo "[$(date +%T)] $*"; }
fail() {
  echo "FAILED: $*" >&2
  inside journalctl --no-pager -n 40 -u godwit-sender -u godwit-receiver >&2 || true
  exit 1
}

if [ ! -e "$base/.complete" ]; then
  say "making a Debian with systemd in $base"
  rm -rf "$base"
  mkdir -p "$home"
  mirror=$("$repository/test/openstack/mirror.sh" | awk '$3 == "bookworm" { print $2; exit }')
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,procps bookworm "$base" "$mirror" >"$home/debootstrap.log" 2>&1 ||
    { tail -5 "$home/debootstrap.log" >&2; exit 1; }
  touch "$base/.complete"
fi

pid=
cleanup() {
  if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  rm -rf "$machine"
}
trap cleanup EXIT
rm -rf "$machine"
cp -a "$base" "$machine"

say "installing"
DESTDIR=$machine "$repository/shared/install/install.sh" >/dev/null
# No cloud can be reached from inside; the daemons must not mind. The watchdog is made impatient, so that the test need not wait.
for side in sender receiver; do
  cat >"$machine/etc/godwit/$side.yaml" <<YAML
cloud: { settings: { auth: { auth_url: 'http://127.0.0.1:9/v3', username: u, password: 'file:/etc/godwit/password', project_name: p } } }
YAML
  mkdir -p "$machine/etc/systemd/system/godwit-$side.service.d"
  printf '[Service]\nWatchdogSec=6\n' >"$machine/etc/systemd/system/godwit-$side.service.d/test.conf"
done
echo "listen: { host: 127.0.0.1 }" >>"$machine/etc/godwit/receiver.yaml"
echo secret >"$machine/etc/godwit/password"

say "booting"
systemd-nspawn --quiet --register=no --keep-unit -D "$machine" --private-network -b </dev/null >"$home/boot.log" 2>&1 &
pid=$!

# until <seconds> <what> <command...>: waits for a command to succeed
until_true() {
  local limit=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "$what: not within $limit s"
    sleep 0.5
  done
}
init_pid() { pgrep -P "$pid" -x systemd || pgrep -P "$pid" -f '/systemd|/sbin/init' | head -1; }
inside() { nsenter -t "$(init_pid)" -a env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 "$@"; }
as_godwit() { inside runuser -u godwit -- "$@"; }
is_up() { [[ "$(inside systemctl is-system-running 2>/dev/null)" =~ ^(running|degraded)$ ]]; }
property() { inside systemctl show -P "$2" "godwit-$1"; }
is_active() { [ "$(property "$1" ActiveState)" = active ]; }
until_true 60 "the boot" is_up

say "starting both units"
inside systemctl start godwit-receiver godwit-sender || fail "a unit did not become ready"
for side in sender receiver; do
  is_active $side || fail "$side is not active"
  [ "$(property $side StatusText)" = ready ] || fail "$side did not say that it is ready"
  status=$(inside cat "/proc/$(property $side MainPID)/status")
  for line in $'CapEff:\t0000000000000000' $'NoNewPrivs:\t1' $'Seccomp:\t2'; do
    grep -qF "$line" <<<"$status" || fail "$side runs without $line"
  done
  inside systemd-analyze security --threshold=20 --no-pager "godwit-$side" >/dev/null || fail "$side is exposed by more than 2.0"
done

say "pairing as the operator would"
answer=$(as_godwit receiver pair --json) || fail "no pairing code: $answer"
code=$(sed -n 's/.*"code":"\([^"]*\)".*/\1/p' <<<"$answer")
as_godwit sender pair 127.0.0.1 <<<"$code" || fail "pairing failed"
is_connected() { as_godwit sender status | grep -q ': connected'; }
until_true 30 "the session" is_connected

say "reloading"
until_logged() { until_true 20 "$2 in the log of $1" inside sh -c "journalctl -q -o cat -u godwit-$1 | grep -q '$2'"; }
echo "bandwidth: 3mbit" >>"$machine/etc/godwit/sender.yaml"
main=$(property sender MainPID)
inside systemctl reload godwit-sender godwit-receiver || fail "a unit cannot be reloaded"
until_logged sender '"now":\["bandwidth"\]'
until_logged receiver 'the configuration was read again'
as_godwit sender bandwidth | grep -q 'at most 3mbit' || fail "the bandwidth was not taken over"
[ "$(property sender MainPID)" = "$main" ] || fail "the reload started the sender again"

say "upgrading while both run"
DESTDIR=$machine "$repository/shared/install/install.sh" >/dev/null
as_godwit sender status | grep -q ': connected' || fail "the session ended with the installation"
inside systemctl daemon-reload
inside systemctl restart godwit-sender godwit-receiver || fail "a unit did not start after the upgrade"
until_true 30 "the session after the upgrade" is_connected

say "killing the sender with -9"
inside kill -9 "$(property sender MainPID)"
has_restarted() { [ "$(property "$1" NRestarts)" -ge "$2" ] && is_active "$1"; }
until_true 20 "the restart after kill -9" has_restarted sender 1
until_true 30 "the session after kill -9" is_connected

say "hanging the receiver, so that its watchdog bites"
inside kill -STOP "$(property receiver MainPID)"
until_true 40 "the restart by the watchdog" has_restarted receiver 1
until_true 60 "the session after the watchdog" is_connected

say "a wrong configuration fails once and is not tried again"
echo "colour: red" >>"$machine/etc/godwit/sender.yaml"
inside systemctl restart godwit-sender 2>/dev/null && fail "it started with an unknown setting"
[ "$(property sender ExecMainStatus)" = 2 ] || fail "it did not end with status 2"
sleep 3
[ "$(property sender ActiveState)" = failed ] || fail "it was tried again"
sed -i '/colour/d' "$machine/etc/godwit/sender.yaml"
inside systemctl reset-failed godwit-sender
inside systemctl start godwit-sender

say "stopping in order"
inside systemctl stop godwit-sender godwit-receiver
for side in sender receiver; do
  [ "$(property $side Result)" = success ] || fail "$side did not stop in order: $(property $side Result)"
done

say "removing"
inside systemctl poweroff || true
wait "$pid" || true
pid=
DESTDIR=$machine "$repository/shared/install/install.sh" --uninstall receiver >/dev/null
[ -x "$machine/usr/local/bin/sender" ] && [ -x "$machine/opt/godwit/bin/node" ] || fail "the removal of the receiver took the sender along"
[ ! -e "$machine/usr/local/bin/receiver" ] || fail "the receiver was not removed"
DESTDIR=$machine "$repository/shared/install/install.sh" --uninstall >/dev/null
left=$(find "$machine" -xdev \( -path "$machine/proc" -o -path "$machine/sys" \) -prune -o \( -name '*godwit*' -o -path '*/bin/sender' -o -path '*/bin/receiver' -o -name '_sender' -o -name 'receiver.fish' \) -print | sed "s#^$machine##" | grep -v '^/etc/systemd\|^/var/lib/godwit-\(sender\|receiver\)\|^/etc/godwit\|^/var/log/' || true)
[ -z "$left" ] || fail "left behind: $left"
[ -e "$machine/var/lib/godwit-sender/peers.json" ] || fail "the state was removed without --purge"
DESTDIR=$machine "$repository/shared/install/install.sh" --uninstall --purge </dev/null >/dev/null 2>&1 && fail "--purge deleted the state without a question"
[ -e "$machine/var/lib/godwit-sender/peers.json" ] || fail "the state was deleted without a question"
DESTDIR=$machine "$repository/shared/install/install.sh" --uninstall --purge --yes >/dev/null
[ ! -e "$machine/var/lib/godwit-sender" ] || fail "--purge kept the state"
say "PASSED: units under a real systemd"
