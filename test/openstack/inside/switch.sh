#!/bin/bash
# usage: switch.sh <ip>. Brings Open vSwitch up without its kernel module, with the external bridge, and OVN where the release has it.
set -euo pipefail
ip=$1
here=$(dirname "$0")
service=$here/service
. "$here/release.sh"

# database <file> <schema>: an empty one, where there is none
database() { [ -e "$1" ] || ovsdb-tool create "$1" "$2"; }
socket() {
  for _ in $(seq 50); do [ -S "$1" ] && return 0; sleep 0.1; done
  echo "$1 never appeared" >&2
  return 1
}

mkdir -p /run/openvswitch /run/ovn /var/log/openvswitch /var/lib/ovn
database /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
"$service" start ovsdb
socket /run/openvswitch/db.sock
ovs-vsctl --no-wait init
# with userspace-tso-enable the checksums that a guest left to its card travel with the packet; without it they are lost, and TCP crawls
ovs-vsctl --no-wait set open . external_ids:hostname="$(hostname)" external_ids:system-id="$(hostname)" \
  external_ids:rundir=/run/openvswitch other_config:userspace-tso-enable=true
"$service" start vswitchd
ovs-vsctl --may-exist add-br br-ext -- set bridge br-ext datapath_type=netdev fail-mode=standalone

[ "$NETWORK" = ovn ] || exit 0
# the other half of usr/local/bin/qemu-system-x86_64: no packet of more than an MTU reaches OVN's address translation
ethtool -K br-ext tso off gso off >/dev/null
for half in nb sb; do database /var/lib/ovn/ovn${half}_db.db /usr/share/ovn/ovn-$half.ovsschema; done
"$service" start ovn-nb ovn-sb
for half in nb sb; do
  socket /run/ovn/ovn${half}_db.sock
  ovn-${half}ctl --no-leader-only init
done
ovs-vsctl set open . external_ids:ovn-remote=unix:/run/ovn/ovnsb_db.sock external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip="$ip" \
  external_ids:ovn-bridge-datapath-type=netdev external_ids:ovn-bridge-mappings=ext:br-ext external_ids:ovn-cms-options=enable-chassis-as-gw
"$service" start ovn-northd ovn-controller
