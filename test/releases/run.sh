#!/bin/bash
# usage: [KEEP=1] run.sh [PAIR ...]. Moves a small tenant between real clouds of two releases, and runs the conformance suites on both: each PAIR of
# releases is source-destination. Brings the clouds of one pair up at a time, and takes them down again; the layers stay in the cache. KEEP=1 leaves
# the clouds of the last pair. Exits as the tests did.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=$here/../openstack
# the two clouds of test/openstack may stand beside these: another folder, another namespace for the operator
export GODWIT_LAB=${GODWIT_RELEASES:-/var/tmp/godwit-releases} GODWIT_OPERATOR=godwit-releases
every=(victoria-epoxy-ovn zed-epoxy epoxy-zed victoria-sid)
[ $# -gt 0 ] || set -- "${every[@]}"

cannot() {
  echo "FAILED: no pair of releases was tried: $*" >&2
  exit 1
}
[ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || cannot "the clouds need Linux and root"
# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ] || cannot "the clouds need Debian 12, this is ${PRETTY_NAME:-unknown}"
[ -x "$here/../../node_modules/node/bin/node" ] || cannot "run npm ci first"

# settings <source> <destination>: one client looks at both clouds, the newer of the two, with a microversion that the older one has
settings() {
  export GODWIT_SRC_RELEASE=$1 GODWIT_DST_RELEASE=$2 GODWIT_CLIENT GODWIT_COMPUTE_API
  # shellcheck source=test/openstack/lab.sh
  . "$lab/lab.sh"
  local release newest=0 oldest=999
  for release in "$1" "$2"; do
    use_release "$release"
    [ "${COMPUTE_API#2.}" -lt "$newest" ] || { newest=${COMPUTE_API#2.}; GODWIT_CLIENT=$release; }
    [ "${COMPUTE_API#2.}" -gt "$oldest" ] || { oldest=${COMPUTE_API#2.}; GODWIT_COMPUTE_API=$COMPUTE_API; }
  done
}

down() { PURGE=1 "$lab/down.sh"; }

tests() { vitest run --config test/vitest.config.ts --project releases "$@" 2>&1; }

# as test/openstack/run.sh does: the process of the suites is the operator's
conformance() {
  # newer clients spell `v4-fixed-ip` in a way that Nova refuses
  GODWIT_CLIENT='' "$lab/tenant/populate.sh" src || return 1
  local servers=app.v2
  # Victoria's Cinder would cost a server on NFS its disk
  [ "${RELEASE[src]}" = victoria ] || { "$lab/tenant/volumes.sh" src || return 1; servers=app.v2,db; }
  ip netns exec "$OPERATOR" env OS_CLIENT_CONFIG_FILE="$SHARED/clouds.yaml" GODWIT_CONFORMANCE_SOURCE=src GODWIT_CONFORMANCE_SERVERS=$servers \
    GODWIT_CONFORMANCE_DESTINATION=dst vitest run --config test/vitest.config.ts --project openstack test/openstack/conformance.test.ts 2>&1
}

# a release whose packages do not install today is no fault of ours, if its suite moves
installs() {
  local release
  for release in "$@"; do
    "$lab/base.sh" "$release" && continue
    [ "$release" = sid ] && return 2
    return 1
  done
}

pair() {
  local source=${1%%-*} destination=${1#*-} status=0 begun=$SECONDS
  [ -e "$here/rel/$source.sh" ] && [ -e "$here/rel/$destination.sh" ] || { echo "no such pair: $1 (there are: ${every[*]})" >&2; return 1; }
  settings "$source" "$destination"
  say "$1: the tenant leaves $source"
  node_pid src >/dev/null || node_pid dst >/dev/null && { echo "clouds are up in $LAB; end them: GODWIT_LAB=$LAB GODWIT_OPERATOR=$OPERATOR test/openstack/down.sh" >&2; return 1; }
  "$lab/prepare.sh" || return 1
  installs "$source" "$destination" || return
  FRESH=1 "$lab/up.sh" || return 1
  for cloud in src dst; do "$lab/tenant/offers.sh" "$cloud" || return 1; done
  say "$1: both clouds are ready after $((SECONDS - begun)) s"
  tests || status=1
  conformance || status=1
  say "$1: $((SECONDS - begun)) s"
  return $status
}

leave() {
  local status=$?
  trap - EXIT
  [ -n "${KEEP:-}" ] || down
  exit "$status"
}
trap leave EXIT
trap 'exit 130' INT TERM

cd "$here/../.." || exit 1
export PATH="$PWD/node_modules/.bin:$PATH"
npm run --silent build || exit 1
failed=() skipped=() passed=()
for name in "$@"; do
  pair "$name"
  case $? in
    0) passed+=("$name") ;;
    2) skipped+=("$name"); echo "SKIPPED: $name: the packages of one of its releases do not install today" >&2 ;;
    *) failed+=("$name") ;;
  esac
  [ "$name" = "${!#}" ] || down
done
echo "pairs of releases: ${#passed[@]} passed (${passed[*]}), ${#failed[@]} failed (${failed[*]}), ${#skipped[@]} skipped (${skipped[*]})"
[ ${#failed[@]} -eq 0 ]
