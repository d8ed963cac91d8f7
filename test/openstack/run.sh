#!/bin/bash
# usage: [KEEP=1] run.sh [vitest's arguments, e.g. a test file]
# Brings the two real clouds up, runs every test of this folder on them and takes them down again; what costs time to make stays in the cache.
# Clouds that were up before are used as they are and left up, and so are all with KEEP=1. Exits as the tests did; a machine that cannot hold
# the clouds is a failure, not a skip.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

cannot() {
  echo "SKIPPED: every test of test/openstack ($(cd "$here" && echo *.test.ts)): $*" >&2
  echo "vitest: 0 passed, 1 failed, 0 skipped"
  exit 1
}

[ "$(uname -s)" = Linux ] || cannot "the clouds need Linux, this is $(uname -s)"
[ "$(id -u)" = 0 ] || cannot "the clouds need root; run it as root"
# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ] || cannot "the clouds need Debian 12, this is ${PRETTY_NAME:-unknown}"
[ -x "$here/../../node_modules/node/bin/node" ] || cannot "run npm ci first"

. "$here/lab.sh"
export PATH="$REPOSITORY/node_modules/.bin:$PATH"

# a disk of 20 GiB moves, and Nova keeps its copy without holes; the layers and the guests take the rest
free_gib=$(df -BG --output=avail "$LAB" | tail -1 | tr -dc 0-9)
[ "$free_gib" -ge 30 ] || cannot "the clouds need 30 GiB free in $LAB, there are $free_gib"

was_up= had_state=
node_pid src >/dev/null && node_pid dst >/dev/null && was_up=1
[ -d "$LAB/src/data/mysql" ] && had_state=1

leave() {
  local status=$?
  trap - EXIT
  "$here/wan.sh" off >/dev/null 2>&1
  if [ -n "${KEEP:-}${was_up}" ]; then
    say "the clouds stay up; npm run clouds:down ends them"
  else
    # state that was there before is somebody's; ours goes
    [ -n "$had_state" ] || export PURGE=1
    "$here/down.sh"
  fi
  [ -s "$LAB/run/tests.log" ] && grep -a '^vitest: ' "$LAB/run/tests.log" | tail -1
  exit "$status"
}

: >"$LAB/run/tests.log"
trap leave EXIT
trap 'exit 130' INT TERM
begun=$SECONDS
"$here/up.sh" || exit 1
for cloud in src dst; do "$here/tenant/offers.sh" "$cloud" || exit 1; done
say "the clouds are ready after $((SECONDS - begun)) s"

cd "$REPOSITORY" || exit 1
# the daemons run as an installation has them: built
npm run --silent build || exit 1
tests() { vitest run --config test/vitest.config.ts --project openstack "$@" 2>&1; }
# the conformance suites reach the clouds from their own process, so that process is the operator's; they stop and start a server with a disk of its
# own, and one that boots from a volume
conformance() {
  "$here/tenant/populate.sh" src || return 1
  "$here/tenant/volumes.sh" src || return 1
  ip netns exec "$OPERATOR" env OS_CLIENT_CONFIG_FILE="$SHARED/clouds.yaml" GODWIT_CONFORMANCE_SOURCE=src GODWIT_CONFORMANCE_SERVERS=app.v2,db \
    GODWIT_CONFORMANCE_DESTINATION=dst vitest run --config test/vitest.config.ts --project openstack test/openstack/conformance.test.ts 2>&1
}
status=0
if [ $# -eq 0 ]; then
  conformance || status=1
  set -- --exclude test/openstack/conformance.test.ts
fi
tests "$@" | tee "$LAB/run/tests.log"
[ "${PIPESTATUS[0]}" = 0 ] || status=1
say "all together $((SECONDS - begun)) s"
exit "$status"
