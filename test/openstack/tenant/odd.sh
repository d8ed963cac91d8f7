#!/bin/bash
# usage: odd.sh <cloud> <project>. A tenant unlike the sample, in an empty project: everything in it is allowed, and nothing in it is usual.
set -euo pipefail
. "$(dirname "$0")/../lab.sh"
as=("$1-anybody" --os-username "$2" --os-project-name "$2" --os-compute-api-version 2.92)
long=$(printf 'a/b  c%0249d' 0)

"$HERE/os-batch" "${as[@]}" >/dev/null <<COMMANDS
keypair create --public-key /srv/id_ed25519.pub "key of_ops-2"

network create --description "ä / ö" --mtu 1400 --tag keep --tag "a b" dmz/1
subnet create --network dmz/1 --subnet-range 192.168.70.0/24 --gateway 192.168.70.254 --allocation-pool start=192.168.70.10,end=192.168.70.30 --dns-nameserver 192.0.2.2 --dns-nameserver 192.0.2.1 "dmz v4"
subnet create --network dmz/1 --subnet-range 192.168.71.0/28 --no-dhcp --gateway none "second range"
network create --disable-port-security storage
subnet create --network storage --subnet-range 10.7.0.0/23 --gateway 10.7.1.1 --tag cold storage
network create dual
subnet create --network dual --subnet-range 10.8.0.0/24 dual-4
subnet create --network dual --ip-version 6 --subnet-range fd00:8::/64 --ipv6-ra-mode slaac --ipv6-address-mode slaac dual-6
network create --disable lonely

router create --tag way out
router set --external-gateway ext out
router add subnet out "dmz v4"
router add subnet out dual-4
router create --description "from rack to rack" within
router add subnet within storage
port create --network dmz/1 --fixed-ip "subnet=dmz v4,ip-address=192.168.70.200" "leg of within"
router add port within "leg of within"
router set --route destination=10.200.0.0/16,gateway=10.7.1.77 --route destination=10.201.0.0/16,gateway=192.168.70.3 within
router create --disable spare

security group create --tag mesh mesh
security group rule create --protocol 112 --remote-group mesh mesh
security group rule create --protocol icmp --icmp-type 8 --icmp-code 0 mesh
security group rule create --protocol tcp --dst-port 80 --remote-ip 0.0.0.0/0 mesh
security group rule create --egress --protocol udp --dst-port 53 --remote-ip 192.0.2.0/24 mesh
security group rule create --ethertype IPv6 --protocol ipv6-icmp mesh
security group create peers
security group rule create --protocol tcp --dst-port 1:65535 --remote-group mesh peers
security group rule create --protocol tcp --dst-port 22 --remote-group peers mesh
security group rule create --protocol udp --dst-port 500 --description "by hand, once" default
COMMANDS

# some seconds apart, so that the ports' age tells the order of the interfaces
while read -r port; do
  "$HERE/os-batch" "${as[@]}" >/dev/null <<<"port create $port"
done <<'PORTS'
--network dmz/1 --mac-address FA:16:3E:AA:BB:01 --fixed-ip "subnet=dmz v4,ip-address=192.168.70.66" --fixed-ip "subnet=dmz v4,ip-address=192.168.70.7" --allowed-address ip-address=192.168.70.99 --allowed-address ip-address=10.250.0.0/24,mac-address=00:11:22:33:44:55 --security-group mesh --security-group default --description "two addresses" " - first"
--network storage --disable-port-security --no-security-group --fixed-ip subnet=storage,ip-address=10.7.1.77 --tag iscsi --extra-dhcp-option name=bootfile-name,value=pxelinux.0 --extra-dhcp-option name=26,value=1380 second
--network dmz/1 --fixed-ip "subnet=dmz v4,ip-address=192.168.70.20" --fixed-ip "subnet=second range,ip-address=192.168.71.5" --security-group peers third
--network dual --security-group mesh --security-group peers both
--network dmz/1 --fixed-ip "subnet=dmz v4,ip-address=192.168.70.99" --security-group peers --disable "whoever is first"
PORTS

machine='server create --flavor m1.tiny --image guest --key-name "key of_ops-2"'
"$HERE/os-batch" "${as[@]}" >/dev/null <<COMMANDS
$machine --port " - first" --port second --port third --property "a key== ? ü" --property empty= --description "three legs" --wait -- "-multi homed"
$machine --port both --config-drive True --property n=1 --wait twin
$machine --nic net-id=dmz/1,v4-fixed-ip=192.168.70.12 --security-group mesh --property n=2 --wait twin
$machine --nic net-id=dmz/1,v4-fixed-ip=192.168.70.28 --security-group mesh --wait "$long"
floating ip create --port " - first" --fixed-ip-address 192.168.70.7 --description "to the second address" --tag public ext
floating ip create --port "whoever is first" --description "moves between servers" ext
COMMANDS

# one of the two of one name is stopped
stopped=$("$HERE/os" "${as[@]}" server list -f value -c ID -c Networks | awk '/192\.168\.70\.12/ { print $1 }')
"$HERE/os" "${as[@]}" server stop "$stopped"
for _ in $(seq 60); do
  [ "$("$HERE/os" "${as[@]}" server show "$stopped" -f value -c status)" = SHUTOFF ] && exit 0
  sleep 1
done
echo "the second twin does not stop" >&2
exit 1
