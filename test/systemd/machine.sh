# Sourced by boot.sh: a Debian with both daemons installed, booted under a systemd of its own. Nothing is in its network but its
# loopback; the repository is there too, read-only, for the embedded clouds.

say() { echo "[$(date +%T)] $*"; }
fail() {
  echo "FAILED: $*" >&2
  inside journalctl --no-pager -n 40 -u godwit-sender -u godwit-receiver >&2 || true
  exit 1
}

# until_true <seconds> <what> <command...>: waits for a command to succeed
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
install_sh() { DESTDIR=$machine "$repository/shared/install/install.sh" "$@"; }

# make_base: once; two minutes
make_base() {
  [ ! -e "$base/.complete" ] || return 0
  say "making a Debian with systemd in $base"
  rm -rf "$base"
  mkdir -p "$home"
  local mirror
  mirror=$("$repository/test/openstack/mirror.sh" | awk '$3 == "bookworm" { print $2; exit }')
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,procps bookworm "$base" "$mirror" >"$home/debootstrap.log" 2>&1 ||
    { tail -5 "$home/debootstrap.log" >&2; exit 1; }
  touch "$base/.complete"
}

install_machine() {
  say "installing"
  rm -rf "$machine"
  cp -a "$base" "$machine"
  install_sh >/dev/null
  # Each daemon has a cloud of its own. The watchdog is made impatient, so that the test need not wait.
  local side
  for side in sender:west receiver:east; do
    echo "cloud: { settings: { cloud: ${side#*:}, clouds_file: /etc/godwit/clouds.yaml } }" >"$machine/etc/godwit/${side%:*}.yaml"
    mkdir -p "$machine/etc/systemd/system/godwit-${side%:*}.service.d"
    printf '[Service]\nWatchdogSec=6\n' >"$machine/etc/systemd/system/godwit-${side%:*}.service.d/test.conf"
  done
  echo "listen: { host: 127.0.0.1 }" >>"$machine/etc/godwit/receiver.yaml"
}

boot_machine() {
  say "booting"
  systemd-nspawn --quiet --register=no --keep-unit -D "$machine" --private-network --bind-ro="$repository:/repository" -b \
    </dev/null >"$home/boot.log" 2>&1 &
  pid=$!
  until_true 60 "the boot" is_up
}
is_up() { [[ "$(inside systemctl is-system-running 2>/dev/null)" =~ ^(running|degraded)$ ]]; }

power_off() {
  inside systemctl poweroff || true
  wait "$pid" || true
  pid=
}

pid=
remove_machine() {
  # A machine does not end before what entered it from outside.
  [ -z "$watching" ] || pkill -KILL -P "$watching" || true
  if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  rm -rf "$machine"
}
