#!/bin/bash
# usage: offers.sh <cloud>. What a cloud's administrator provides before the first tenant comes: flavors and an external network; in src a guest image too.
set -euo pipefail
. "$(dirname "$0")/../lab.sh"
cloud=$1 prefix=${EXTERNAL[$1]}
"$HERE/os" "$cloud-admin" network show ext -f value -c id >/dev/null 2>&1 || "$HERE/os-batch" "$cloud-admin" >/dev/null <<COMMANDS
flavor create --ram 128 --vcpus 1 --disk 1 m1.tiny
flavor create --ram 256 --vcpus 1 --disk 2 --property hw_rng:allowed=True m1.small
network create --external --provider-network-type flat --provider-physical-network ext ext
subnet create --network ext --subnet-range $prefix.0/24 --gateway $prefix.1 --no-dhcp --allocation-pool start=$prefix.50,end=$prefix.200 ext-sub
COMMANDS
[ "$cloud" = src ] || exit 0
"$HERE/os" src-admin image show guest -f value -c id >/dev/null 2>&1 || "$HERE/os" src-admin image create --public \
  --disk-format qcow2 --container-format bare --file /srv/guest.qcow2 --min-disk 1 --min-ram 128 \
  --property hw_disk_bus=virtio --property hw_vif_model=virtio --property os_distro=debian guest -f value -c id
