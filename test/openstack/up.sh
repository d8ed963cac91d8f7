#!/bin/bash
# usage: [TOKEN_LIFE=<seconds>] [RAW_VOLUMES=1] [FRESH=1] up.sh [src] [dst], or up.sh --prepare
# Brings the two clouds up and returns when every agent is alive. May be repeated; FRESH=1 forgets the clouds' state first.
# --prepare makes what they stand on (base layer, golden database, guest image), and starts neither.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lab.sh"
prepare=
if [ "${1:-}" = --prepare ]; then
  prepare=1
  shift
fi
clouds=("$@")
[ $# -gt 0 ] || clouds=(src dst)

exec 9>"$LAB/run/lock"
flock -w 1800 9 || { echo "another up.sh has held $LAB/run/lock for half an hour" >&2; exit 1; }

start_node() {
  node_pid "$1" >/dev/null && return 0
  : >"$LAB/run/$1.pid"
  setsid unshare -m -n -u -i -p -f "$here/node.sh" "$1" "$2" >>"$LAB/log/$1-node.log" 2>&1 3>"$LAB/run/$1.pid" 9>&- </dev/null &
  for _ in $(seq 100); do node_pid "$1" >/dev/null && return 0; sleep 0.1; done
  echo "node $1 did not start, see $LAB/log/$1-node.log" >&2
  return 1
}

golden_database() {
  say "golden database"
  "$here/down.sh" "$GOLDEN"
  rm -rf "${LAB:?}/$GOLDEN"
  start_node "$GOLDEN" "$1"
  in_node "$GOLDEN" /godwit/test/openstack/inside/schemas.sh || { tail -n 5 "$LAB/$GOLDEN"/upper/var/log/lab/schemas-*.log >&2; return 1; }
  "$here/down.sh" "$GOLDEN"
  touch "$LAB/$GOLDEN/.complete"
}

operator_network() {
  ip netns list | grep -qw "$OPERATOR" || ip netns add "$OPERATOR"
  ip -n "$OPERATOR" link set lo up
  ip -n "$OPERATOR" link show wan >/dev/null 2>&1 && return 0
  ip -n "$OPERATOR" link add wan type bridge
  ip -n "$OPERATOR" addr add "$OPERATOR_IP/24" dev wan
  ip -n "$OPERATOR" link set wan up
}

# the node's eth0 is one end of a pair whose other end is a port of the operator's bridge
join_wan() {
  local node=$1 other
  in_node "$node" ip link show eth0 >/dev/null 2>&1 || {
    ip -n "$OPERATOR" link del "wan-$node" 2>/dev/null || true
    ip -n "$OPERATOR" link add "wan-$node" type veth peer name eth0 address "${NODE_MAC[$node]}" netns "$(node_pid "$node")"
    in_node "$node" ip addr add "${NODE_IP[$node]}/24" dev eth0
  }
  ip -n "$OPERATOR" link set "wan-$node" master wan up
  in_node "$node" ip link set eth0 up
  ip -n "$OPERATOR" route replace "${EXTERNAL[$node]}.0/24" via "${NODE_IP[$node]}"
  for other in src dst; do
    [ "$other" = "$node" ] && continue
    # known by heart, so that a cut link is silence and not "no route to host", as it would be with routers in between
    in_node "$node" ip neigh replace "${NODE_IP[$other]}" lladdr "${NODE_MAC[$other]}" dev eth0
    in_node "$node" ip route replace "${EXTERNAL[$other]}.0/24" via "${NODE_IP[$other]}"
  done
}

start_cloud() {
  local qcow_volumes=true
  [ -z "${RAW_VOLUMES:-}" ] || qcow_volumes=false
  in_node "$1" /godwit/test/openstack/inside/start.sh "${NODE_IP[$1]}" "$1" "${EXTERNAL[$1]}" "${TOKEN_LIFE:-3600}" "$PASSWORD" "$qcow_volumes" 2>&1 |
    sed -u "s/^/[$1] /"
}

start_clouds() {
  local cloud pids=()
  for cloud in "${clouds[@]}"; do start_cloud "$cloud" & pids+=($!); done
  for pid in "${pids[@]}"; do wait "$pid"; done
}

prepare() {
  "$here/prepare.sh"
  for cloud in "${clouds[@]}"; do
    use_release "${RELEASE[$cloud]}"
    "$here/base.sh" "${RELEASE[$cloud]}"
    [ -e "$LAB/$GOLDEN/.complete" ] || timed "golden database, $SUITE" golden_database "${RELEASE[$cloud]}"
  done
  [ -e "$SHARED/guest.qcow2" ] || timed "guest image" "$here/guest/build.sh"
}

bring_up() {
  local cloud
  prepare
  "$here/credentials.sh"
  operator_network
  for cloud in "${clouds[@]}"; do
    use_release "${RELEASE[$cloud]}"
    [ -z "${FRESH:-}" ] || PURGE=1 "$here/down.sh" "$cloud"
    [ -d "$LAB/$cloud/data/mysql" ] || { mkdir -p "$LAB/$cloud/data"; cp -a "$LAB/$GOLDEN/data/mysql" "$LAB/$cloud/data/mysql"; }
    start_node "$cloud" "${RELEASE[$cloud]}"
    join_wan "$cloud"
  done
  timed "clouds (${clouds[*]})" start_clouds
}

if [ -n "$prepare" ]; then timed "prepared, all together" prepare; else timed "up, all together" bring_up; fi
