#!/bin/bash
# usage: bootstrap.sh <ip> <region> <password>. Gives a new cloud its own keystone keys and its own first identities.
set -euo pipefail
# the files keystone-manage fernet_setup and credential_setup would write, without their 2 x 4 s of imports
python3 - <<'PYTHON'
import base64, os
for kind in ("fernet", "credential"):
    folder = f"/etc/keystone/{kind}-keys"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name in ("0", "1"):
        with open(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as key:
            key.write(base64.urlsafe_b64encode(os.urandom(32)))
PYTHON
url=http://$1:5000/v3/
keystone-manage bootstrap --bootstrap-password "$3" --bootstrap-region-id "$2" \
  --bootstrap-admin-url "$url" --bootstrap-internal-url "$url" --bootstrap-public-url "$url"
# the default type of volumes comes with the schema, so that both clouds would have one of the same id
mariadb -u root cinder -e "SET FOREIGN_KEY_CHECKS=0; UPDATE volume_types SET id=UUID();"
