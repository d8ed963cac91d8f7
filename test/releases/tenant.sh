#!/bin/bash
# usage: tenant.sh <cloud> <project>. A small tenant in an empty project, made with the client of the cloud's own release: some thirty things, each with
# something that releases and network back ends treat differently.
set -euo pipefail
. "$(dirname "$0")/../openstack/lab.sh"
use_release "${RELEASE[$1]}"
as=("$1-anybody" --os-username "$2" --os-project-name "$2" --os-compute-api-version "$COMPUTE_API")
batch() { "$REPOSITORY/test/openstack/os-batch" "${as[@]}"; }
os() { "$REPOSITORY/test/openstack/os" "${as[@]}" "$@"; }

# of Victoria's extensions every later release has these
batch >/dev/null <<COMMANDS
keypair create --public-key /srv/id_ed25519.pub "key of_ops-2"

network create --description "ä / ö 世" --tag keep --tag "a b" front
subnet create --network front --subnet-range 192.168.50.0/24 --gateway 192.168.50.254 --allocation-pool start=192.168.50.10,end=192.168.50.90 --dns-nameserver ${EXTERNAL[$1]}.1 --dns-nameserver 192.0.2.53 --host-route destination=10.99.0.0/24,gateway=192.168.50.30 "front v4"
network create --mtu 1400 small
subnet create --network small --subnet-range 10.60.0.0/24 --tag cold "small v4"
network create --disable-port-security storage
subnet create --network storage --subnet-range 10.7.0.0/23 --gateway none storage
network create dual
subnet create --network dual --subnet-range 10.8.0.0/24 dual-4
subnet create --network dual --ip-version 6 --subnet-range fd00:8::/64 --ipv6-ra-mode slaac --ipv6-address-mode slaac dual-6
network create --disable lonely

router create --description "front door" --tag "way out" edge
router set --external-gateway ext edge
router add subnet edge "front v4"
router add subnet edge "small v4"
router add subnet edge dual-4
router add subnet edge dual-6
router set --route destination=10.99.0.0/24,gateway=192.168.50.30 edge

security group create --description "http and ssh from everywhere" --tag mesh web
security group rule create --protocol icmp web
security group rule create --protocol tcp --dst-port 22 web
security group rule create --protocol tcp --dst-port 80 --description "the site" web
security group rule create --ethertype IPv6 --protocol ipv6-icmp web
security group rule create --protocol 112 --remote-group web web
security group create --stateless plain
security group rule create --protocol tcp plain
security group rule create --protocol udp plain
security group rule create --protocol icmp plain
security group rule create --protocol tcp --dst-port 8080:8090 --remote-group web --description "by hand, once" default
server group create --policy soft-anti-affinity apart

volume create --size 1 --property tier=two --description "é" "files data"
port create --network front --security-group web --fixed-ip "subnet=front v4,ip-address=192.168.50.25" --allowed-address ip-address=192.168.50.99 --description "first leg" first
port create --network storage --disable-port-security --no-security-group --fixed-ip subnet=storage,ip-address=10.7.1.77 --tag iscsi --extra-dhcp-option name=bootfile-name,value=pxelinux.0 second
port create --network small --security-group plain third
port create --network storage --disable-port-security --no-security-group --fixed-ip subnet=storage,ip-address=10.7.1.78 fourth
port create --network dual --security-group web both
port create --network front --security-group web --fixed-ip "subnet=front v4,ip-address=192.168.50.99" --disable "whoever is first"
floating ip create --port first --description "web 世 1" --tag public ext
floating ip create --port third --description app.v2 ext
floating ip create --port both --description six ext
floating ip create --description reserved ext
COMMANDS

group=$(os server group show apart -f value -c id)
machine='server create --flavor m1.tiny --image guest --key-name "key of_ops-2"'
batch >/dev/null <<COMMANDS
$machine --port first --port second --property "a key== ? ü" --property empty= --hint group=$group --wait "web 世 1"
$machine --port third --port fourth --config-drive True --property role=app --hint group=$group --wait app.v2
$machine --port both --wait six
COMMANDS
# a snapshot of a volume on NFS costs a server its disk where Cinder is older: the plan is blocked, so that the volume moves by itself
[ "$SUITE" = bullseye ] || os server add volume app.v2 "files data"
