#!/bin/bash
# usage: [PURGE=1] down.sh [src] [dst]
# Ends only what up.sh started. The clouds' state stays for the next up.sh; PURGE=1 deletes it.
set -uo pipefail
. "$(dirname "$0")/lab.sh"
nodes=("$@")
[ $# -gt 0 ] || nodes=(src dst)

for node in "${nodes[@]}"; do
  if pid=$(node_pid "$node"); then
    in_node "$node" /godwit/test/openstack/inside/service stop mariadb >/dev/null 2>&1
    # init leaves, and the kernel takes the rest of the node with it
    kill -TERM "$pid"
    for _ in $(seq 100); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    say "$node is down"
  fi
  rm -f "$LAB/run/$node.pid"
  ip -n "$OPERATOR" link del "wan-$node" 2>/dev/null
  [ -n "${PURGE:-}" ] && rm -rf "${LAB:?}/$node"
done
[ $# -gt 0 ] || ip netns del "$OPERATOR" 2>/dev/null
exit 0
