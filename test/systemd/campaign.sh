# Sourced by boot.sh: a campaign between two embedded clouds inside the machine, by commands of the service's user.

node=/opt/node
clouds=/srv/clouds
watching=

# The clouds live as long as the machine. Their Node is a copy, because an upgrade replaces the daemons' own.
furnish_clouds() {
  say "starting two clouds, with a tenant in one"
  cp "$machine/opt/godwit/bin/node" "$machine$node"
  mkdir -p "$machine$clouds"
  inside systemd-run --quiet --unit=clouds $node /repository/test/systemd/clouds.ts $clouds
  until_true 120 "the tenant" test -e "$machine$clouds/ready"
  inside install -m 640 -g godwit $clouds/clouds.yaml /etc/godwit/clouds.yaml
}

# census: every resource of the tenant in either cloud, as the APIs list them
census() { inside $node /repository/test/systemd/census.ts $clouds/clouds.yaml; }

# campaign <property>: of the only campaign, as `sender status` tells it
campaign() { as_godwit sender status --json | inside $node -pe "JSON.parse(fs.readFileSync(0)).campaigns[0].$1"; }
is_campaign() { [ "$(campaign state)" = "$1" ]; }
is_copying() { [ "$(campaign 'moves.some((move) => move.phase === "copy")')" = true ]; }
has_sent_more_than() { [ "$(campaign progress.sentBytes)" -gt "$1" ]; }

begin_campaign() {
  say "moving the tenant"
  census >"$home/before.txt"
  grep -q '^west servers .* ACTIVE' "$home/before.txt" || fail "no server runs at the source"
  as_godwit sender plan --project shop -o /tmp/plan.yaml >"$home/plan.log" 2>&1 || fail "no plan: $(cat "$home/plan.log")"
  as_godwit sender migrate /tmp/plan.yaml --watch >"$home/watch.log" 2>&1 &
  watching=$!
  until_true 120 "a copy" is_copying
}

# goes_on: the campaign copies further, with nobody's help
goes_on() {
  local sent
  until_true 120 "a copy" is_copying
  sent=$(campaign progress.sentBytes)
  until_true 120 "more bytes than $sent" has_sent_more_than "$sent"
}

# await_ready: who began the campaign has watched it all the while, whatever became of the daemons
await_ready() {
  until_true 300 "the end of the campaign" is_campaign ready
  wait $watching || fail "the watch ended with status $?: $(tail -5 "$home/watch.log")"
  watching=
}

examine() {
  say "examining both sides"
  local side
  as_godwit sender verify >"$home/verify.log" 2>&1 || fail "the sides differ: $(tail -20 "$home/verify.log")"
  as_godwit sender report >"$home/report.log" 2>&1 || fail "no report: $(tail -20 "$home/report.log")"
  for side in sender receiver; do
    as_godwit env -C /etc/godwit $side doctor >"$home/doctor.log" 2>&1 || fail "the doctor of the $side: $(cat "$home/doctor.log")"
  done
  [ "$(census | grep -c '^east servers .* ACTIVE')" = "$(grep -c '^west servers .* ACTIVE' "$home/before.txt")" ] ||
    fail "not every server runs at the destination"
}

refuse_removal() {
  say "an open campaign keeps the programs"
  local status=0
  install_sh --uninstall >/dev/null 2>&1 || status=$?
  [ $status = 40 ] || fail "the removal ended with status $status"
  [ -x "$machine/usr/local/bin/sender" ] || fail "the removal took the sender"
}

roll_back() {
  say "rolling back"
  as_godwit sender rollback --yes >/dev/null || fail "the rollback did not begin"
  until_true 120 "the rollback" is_campaign 'rolled back'
  census >"$home/after.txt"
  diff "$home/before.txt" "$home/after.txt" || fail "a cloud is not as it was"
}
