#!/bin/bash
# usage: populate.sh <cloud> [project]. A tenant as its users would have made it, in project demo or another whose user has its name: a web server at the front, an application behind it.
# Everything has something a naive copy loses: an odd gateway, gaps in pools, a host route, a static route, a remote group, awkward names.
set -euo pipefail
. "$(dirname "$0")/../lab.sh"
as=("$1") dns=${EXTERNAL[$1]}.1
[ $# -lt 2 ] || as=("$1-anybody" --os-username "$2" --os-project-name "$2")
"$HERE/os" "${as[@]}" router show edge -f value -c id >/dev/null 2>&1 && exit 0

"$HERE/os-batch" "${as[@]}" >/dev/null <<COMMANDS
keypair create --public-key /srv/id_ed25519.pub operator

network create --description "where visitors arrive" front
subnet create --network front --subnet-range 192.168.50.0/24 --dns-nameserver $dns front-sub
network create --description "behind the web tier" back
subnet create --network back --subnet-range 10.60.0.0/24 --gateway 10.60.0.254 --allocation-pool start=10.60.0.20,end=10.60.0.99 --allocation-pool start=10.60.0.150,end=10.60.0.180 --dns-nameserver $dns --dns-nameserver 192.0.2.53 --host-route destination=10.99.0.0/24,gateway=10.60.0.30 back-sub

router create --description "front door" edge
router set --external-gateway ext edge
router add subnet edge front-sub
router add subnet edge back-sub
router set --route destination=10.99.0.0/24,gateway=10.60.0.30 edge

security group create --description "http and ssh from everywhere" web
security group rule create --protocol icmp web
security group rule create --protocol tcp --dst-port 22 web
security group rule create --protocol tcp --dst-port 80 --description "the site" web
security group rule create --ethertype IPv6 --protocol tcp --dst-port 443 --remote-ip 2001:db8::/32 web
security group create --description "only from the web tier" app
security group rule create --protocol tcp --dst-port 8080:8090 --remote-group web app
security group rule create --protocol icmp --remote-group web app
security group rule create --protocol tcp --dst-port 80 --remote-ip $OPERATOR_IP/32 --description "edited by hand" default

server create --flavor m1.tiny --image guest --network front --security-group web --key-name operator --property role=web --property "note=first of two" --wait "web 世 1"
server create --flavor m1.tiny --image guest --nic net-id=back,v4-fixed-ip=10.60.0.25 --security-group app --security-group default --key-name operator --property role=app --wait app.v2
COMMANDS

# each server gets a floating IP on its own port; a third is reserved and stays free
for server in "web 世 1" app.v2; do
  port=$("$HERE/os" "${as[@]}" port list --server "$server" -f value -c id)
  "$HERE/os" "${as[@]}" floating ip create --port "$port" --description "$server" ext -f value -c floating_ip_address
done
"$HERE/os" "${as[@]}" floating ip create --description "reserved" ext -f value -c floating_ip_address
