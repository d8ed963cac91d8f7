# Settings and functions of the lab; every other script sources this file.
# shellcheck shell=bash disable=SC2034

LAB=${GODWIT_LAB:-/var/tmp/godwit-lab} # all state lives here; nothing else on the machine is written
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPOSITORY=$(cd "$HERE/../.." && pwd)
SHARED=$LAB/shared # guest image, keys and downloads: the operator's folder, seen by the CLI as /srv, invisible to the nodes
PASSWORD=opensesame-lab # of admin and demo in both clouds: odd enough to be searched for in logs
OPERATOR=${GODWIT_OPERATOR:-godwit-ops} # network namespace of the operator, in the middle between the two clouds
OPERATOR_IP=10.77.0.2
declare -gA NODE_IP=([src]=10.77.0.10 [dst]=10.77.0.20)      # each cloud's address on the wan link
declare -gA NODE_MAC=([src]=02:47:4f:44:57:0a [dst]=02:47:4f:44:57:14)
declare -gA EXTERNAL=([src]=172.24.10 [dst]=172.24.20)       # each cloud's external network, a /24 with the node as .1
declare -gA RELEASE=([src]=${GODWIT_SRC_RELEASE:-zed} [dst]=${GODWIT_DST_RELEASE:-zed})
mkdir -p "$LAB"/{run,log,shared}

# use_release <release>: what is different in it (test/releases/rel), and where its layer is. BASE is the read-only lower layer of every node: Debian
# with the OpenStack packages; GOLDEN is the node whose database each new cloud copies. Releases of one suite share both.
use_release() {
  unset -f mend_base
  # shellcheck source=/dev/null
  . "$REPOSITORY/test/releases/rel/$1.sh" || return 1
  # the layer of Zed, which most tests need, keeps its short names
  local of=
  [ "$SUITE" = bookworm ] || of=-$SUITE
  BASE=$LAB/base$of GOLDEN=golden$of
}

say() { echo "[$(date +%T)] $*"; }
now() { date +%s.%N; }

# timed <name> <command...>: runs it and notes the seconds it took in timings.txt
timed() {
  local name=$1 start; shift; start=$(now)
  "$@"
  awk -v a="$start" -v b="$(now)" -v n="$name" 'BEGIN { printf "%-28s %6.1f s\n", n, b - a }' | tee -a "$LAB/timings.txt"
}

# node_pid <node>: the node's init as this machine sees it; fails when the node is down
node_pid() {
  local pid
  pid=$(cat "$LAB/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "godwit-lab-init $1 " && echo "$pid"
}

# in_node <node> <command...>: runs it in all of the node's namespaces, with a clean environment
in_node() {
  local node=$1 pid; shift
  pid=$(node_pid "$node") || { echo "node $node is down; bring it up with up.sh" >&2; return 1; }
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    nsenter -t "$pid" -m -n -u -i -p -r -w -- "$@" 9>&- # up.sh keeps its lock there
}

# in_base <setup> <command...>: runs it chrooted in the base layer, in a private mount namespace arranged by <setup> ($ROOT is the base)
in_base() {
  local setup=$1; shift
  ROOT=$BASE LAB=$LAB unshare -m bash -euc "mount --make-rprivate /
    $setup
    exec chroot \"\$ROOT\" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 TERM=dumb PYTHONWARNINGS=ignore \"\$@\"" \
    in-base "$@"
}
