# Sourced by boot.sh: what happens to units in their lives.

property() { inside systemctl show -P "$2" "godwit-$1"; }
is_active() { [ "$(property "$1" ActiveState)" = active ]; }
is_connected() { as_godwit sender status | grep -q ': connected'; }
until_logged() { until_true 20 "$2 in the log of $1" inside sh -c "journalctl -q -o cat -u godwit-$1 | grep -q '$2'"; }

start_units() {
  say "starting both units"
  inside systemctl start godwit-receiver godwit-sender || fail "a unit did not become ready"
  local side status line
  for side in sender receiver; do
    is_active $side || fail "$side is not active"
    [ "$(property $side StatusText)" = ready ] || fail "$side did not say that it is ready"
    status=$(inside cat "/proc/$(property $side MainPID)/status")
    for line in $'CapEff:\t0000000000000000' $'NoNewPrivs:\t1' $'Seccomp:\t2'; do
      grep -qF "$line" <<<"$status" || fail "$side runs without $line"
    done
    inside systemd-analyze security --threshold=20 --no-pager "godwit-$side" >/dev/null || fail "$side is exposed by more than 2.0"
  done
}

pair_daemons() {
  say "pairing as the operator would"
  local answer code
  answer=$(as_godwit receiver pair --json) || fail "no pairing code: $answer"
  code=$(sed -n 's/.*"code":"\([^"]*\)".*/\1/p' <<<"$answer")
  as_godwit sender pair 127.0.0.1 <<<"$code" || fail "pairing failed"
  until_true 30 "the session" is_connected
}

# set_bandwidth <limit>: by a reload, which starts nothing again
set_bandwidth() {
  say "reloading, with a bandwidth of $1"
  local main
  main=$(property sender MainPID)
  sed -i '/^bandwidth:/d' "$machine/etc/godwit/sender.yaml"
  echo "bandwidth: $1" >>"$machine/etc/godwit/sender.yaml"
  inside systemctl reload godwit-sender godwit-receiver || fail "a unit cannot be reloaded"
  until_logged sender '"now":\["bandwidth"\]'
  until_logged receiver 'the configuration was read again'
  until_true 20 "the bandwidth of $1" inside sh -c "runuser -u godwit sender bandwidth | grep -q 'at most $1'"
  [ "$(property sender MainPID)" = "$main" ] || fail "the reload started the sender again"
}

upgrade_units() {
  say "upgrading while both run"
  install_sh >/dev/null
  as_godwit sender status | grep -q ': connected' || fail "the session ended with the installation"
  inside systemctl daemon-reload
  inside systemctl restart godwit-sender godwit-receiver || fail "a unit did not start after the upgrade"
  until_true 30 "the session after the upgrade" is_connected
}

restart_unit() {
  say "restarting the $1"
  inside systemctl restart "godwit-$1" || fail "the $1 did not start again"
  [ "$(property "$1" Result)" = success ] || fail "the $1 did not stop in order: $(property "$1" Result)"
  until_true 30 "the session after the restart of the $1" is_connected
}

# signal_unit <signal> <side> <seconds>: the unit is started again by systemd
signal_unit() {
  say "the $2 gets signal $1"
  local before
  before=$(property "$2" NRestarts)
  inside kill "-$1" "$(property "$2" MainPID)"
  until_true "$3" "the restart of the $2 after signal $1" has_restarted "$2" $((before + 1))
  until_true 60 "the session after signal $1 to the $2" is_connected
}
has_restarted() { [ "$(property "$1" NRestarts)" -ge "$2" ] && is_active "$1"; }

refuse_configuration() {
  say "a wrong configuration fails once and is not tried again"
  echo "colour: red" >>"$machine/etc/godwit/sender.yaml"
  inside systemctl restart godwit-sender 2>/dev/null && fail "it started with an unknown setting"
  [ "$(property sender ExecMainStatus)" = 2 ] || fail "it did not end with status 2"
  sleep 3
  [ "$(property sender ActiveState)" = failed ] || fail "it was tried again"
  sed -i '/colour/d' "$machine/etc/godwit/sender.yaml"
  inside systemctl reset-failed godwit-sender
  inside systemctl start godwit-sender
}

stop_units() {
  say "stopping in order"
  inside systemctl stop godwit-sender godwit-receiver
  local side
  for side in sender receiver; do
    [ "$(property $side Result)" = success ] || fail "$side did not stop in order: $(property $side Result)"
  done
}

remove_units() {
  say "removing"
  install_sh --uninstall receiver >/dev/null
  [ -x "$machine/usr/local/bin/sender" ] && [ -x "$machine/opt/godwit/bin/node" ] || fail "the removal of the receiver took the sender along"
  [ ! -e "$machine/usr/local/bin/receiver" ] || fail "the receiver was not removed"
  install_sh --uninstall >/dev/null
  local left
  left=$(find "$machine" -xdev \( -path "$machine/proc" -o -path "$machine/sys" \) -prune -o \( -name '*godwit*' -o -path '*/bin/sender' -o -path '*/bin/receiver' -o -name '_sender' -o -name 'receiver.fish' \) -print | sed "s#^$machine##" | grep -v '^/etc/systemd\|^/var/lib/godwit-\(sender\|receiver\)\|^/etc/godwit\|^/var/log/' || true)
  [ -z "$left" ] || fail "left behind: $left"
  [ -e "$machine/var/lib/godwit-sender/peers.json" ] || fail "the state was removed without --purge"
  install_sh --uninstall --purge </dev/null >/dev/null 2>&1 && fail "--purge deleted the state without a question"
  [ -e "$machine/var/lib/godwit-sender/peers.json" ] || fail "the state was deleted without a question"
  install_sh --uninstall --purge --yes >/dev/null
  [ ! -e "$machine/var/lib/godwit-sender" ] || fail "--purge kept the state"
}
