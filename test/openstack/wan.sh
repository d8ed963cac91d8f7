#!/bin/bash
# usage: wan.sh <rate, e.g. 20mbit|off|down|up> [src] [dst]
# Limits each cloud's link in both directions, frees it again, cuts it or mends it.
set -euo pipefail
. "$(dirname "$0")/lab.sh"
[ $# -gt 0 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
action=$1
shift
nodes=("$@")
[ $# -gt 0 ] || nodes=(src dst)

for node in "${nodes[@]}"; do
  outer=(ip netns exec "$OPERATOR" tc qdisc)
  inner=(in_node "$node" tc qdisc)
  limit=(root tbf rate "$action" burst 64kb latency 200ms)
  case $action in
    # out of the bridge and in again: neither end sees its carrier go
    down) ip -n "$OPERATOR" link set "wan-$node" nomaster ;;
    up) ip -n "$OPERATOR" link set "wan-$node" master wan ;;
    off)
      "${outer[@]}" del dev "wan-$node" root 2>/dev/null || true
      "${inner[@]}" del dev eth0 root 2>/dev/null || true
      ;;
    *)
      "${outer[@]}" replace dev "wan-$node" "${limit[@]}"
      "${inner[@]}" replace dev eth0 "${limit[@]}"
      ;;
  esac
done
