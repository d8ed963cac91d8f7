#!/bin/bash
# usage: credentials.sh. Writes the operator's clouds.yaml (src, src-admin, dst, dst-admin) and a key pair for the guests.
set -euo pipefail
. "$(dirname "$0")/lab.sh"
[ -e "$SHARED/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C operator -f "$SHARED/id_ed25519"
{
  echo "clouds:"
  for region in src dst; do
    for user in demo admin; do
      name=$region
      [ $user = demo ] || name=$region-$user
      cat <<YAML
  $name:
    auth:
      auth_url: http://${NODE_IP[$region]}:5000/v3
      username: $user
      password: $PASSWORD
      project_name: $user
      user_domain_id: default
      project_domain_id: default
    region_name: $region
    identity_api_version: 3
YAML
    done
  done
} >"$SHARED/clouds.yaml"
