#!/bin/bash
# usage: start.sh <ip> <region> <external /24 prefix> <token life in s> <password> <true when volumes are qcow2 files>. Brings one cloud up inside its node.
set -euo pipefail
ip=$1 region=$2 external=$3 token_life=$4 password=$5 qcow_volumes=$6
here=$(dirname "$0")
. "$here/release.sh"
service=$here/service
start=$(date +%s)
lap() { echo "$(($(date +%s) - start)) s: $*"; }

keystone_before=$(cat /etc/keystone/keystone.conf 2>/dev/null || true)
cinder_before=$(cat /etc/cinder/cinder.conf 2>/dev/null || true)
python3 "$here/configure.py" "$ip" "$region" "$token_life" "$password" "$qcow_volumes" "$NETWORK" "$NEUTRON_WORKERS" "${TREES[@]}"
[ "$keystone_before" = "$(cat /etc/keystone/keystone.conf)" ] || "$service" stop keystone
[ "$cinder_before" = "$(cat /etc/cinder/cinder.conf)" ] || "$service" stop cinder-volume

sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 || true
if [ "$NETWORK" = linuxbridge ]; then
  ip link show br-ext >/dev/null 2>&1 || ip link add br-ext type bridge
else
  "$here/switch.sh" "$ip"
fi
ip addr replace "$external.1/24" dev br-ext
ip link set br-ext up

"$service" start mariadb rabbitmq libvirtd
for _ in $(seq 100); do mariadb-admin -u root ping >/dev/null 2>&1 && break; sleep 0.2; done
"$service" port 5672
lap "database and message queue"
# the slow importers; none of these needs keystone to start
"$service" start neutron-server glance nova-conductor placement
new=; [ -e /etc/keystone/.bootstrapped ] || new=1
[ -z "$new" ] || "$here/bootstrap.sh" "$ip" "$region" "$password" >/var/log/lab/bootstrap.log 2>&1
"$service" start keystone
"$service" port 5000
[ -z "$new" ] || { python3 "$here/identity.py" "$ip" "$region" "$password"; touch /etc/keystone/.bootstrapped; }
lap "keystone"
# nova-scheduler gives up when keystone is not there, and then nothing maps the host while all else looks alive
"$service" start nova-scheduler nova-api "${ALSO[@]}"
"$service" port 8778
"$service" port 9696
lap "placement, network service"
"$service" start
python3 "$here/ready.py" "$region" "$AGENTS_ALIVE"
lap "ready"
