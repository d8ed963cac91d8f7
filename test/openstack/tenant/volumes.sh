#!/bin/bash
# usage: volumes.sh <cloud> [project]. A tenant whose data is in volumes, in project demo or another whose user has its name: "db" boots from a
# volume, "files" has a disk of its own and a volume. A third volume belongs to nobody.
set -euo pipefail
. "$(dirname "$0")/../lab.sh"
as=("$1" --os-compute-api-version "${GODWIT_COMPUTE_API:-2.92}")
[ $# -lt 2 ] || as=("$1-anybody" --os-username "$2" --os-project-name "$2" --os-compute-api-version "${GODWIT_COMPUTE_API:-2.92}")
"$HERE/os" "${as[@]}" server show files -f value -c id >/dev/null 2>&1 && exit 0

"$HERE/os-batch" "${as[@]}" >/dev/null <<'COMMANDS'
volume create --size 1 --image guest --description "where db boots" "db root"
volume create --size 1 --property tier=two --property "used by=the files" "files data é"
volume create --size 1 "nobody's"
network create disks
subnet create --network disks --subnet-range 192.168.92.0/24 disks
router create disks
router set --external-gateway ext disks
router add subnet disks disks
security group create disks
security group rule create --protocol tcp --dst-port 80 disks
port create --network disks --security-group disks db
port create --network disks --security-group disks files
floating ip create --port db --description db ext
floating ip create --port files --description files ext
server create --flavor m1.tiny --image guest --port files --wait files
COMMANDS

for _ in $(seq 90); do
  waiting=$("$HERE/os" "${as[@]}" volume list -f value -c Status | grep -vc available || true)
  [ "$waiting" = 0 ] && break
  sleep 1
done
[ "$waiting" = 0 ] || { echo "$waiting volumes are not available" >&2; exit 1; }

"$HERE/os-batch" "${as[@]}" >/dev/null <<'COMMANDS'
volume set --image-property hw_rescue_bus=virtio "db root"
server create --flavor m1.tiny --volume "db root" --port db --wait db
server add volume --tag data --enable-delete-on-termination files "files data é"
COMMANDS
