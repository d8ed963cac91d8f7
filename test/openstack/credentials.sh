#!/bin/bash
# usage: credentials.sh. Writes the operator's clouds.yaml (src, src-admin, src-anybody, and the same of dst) and a key pair for the guests.
# As anybody the client is told --os-username and --os-project-name: what clouds.yaml says would stand above them.
set -euo pipefail
. "$(dirname "$0")/lab.sh"
[ -e "$SHARED/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C operator -f "$SHARED/id_ed25519"
{
  echo "clouds:"
  for region in src dst; do
    for user in demo admin anybody; do
      name=$region
      [ $user = demo ] || name=$region-$user
      cat <<YAML
  $name:
    auth:
      auth_url: http://${NODE_IP[$region]}:5000/v3
      password: $PASSWORD
      user_domain_id: default
      project_domain_id: default
YAML
      [ $user = anybody ] || printf '      username: %s\n      project_name: %s\n' $user $user
      printf '    region_name: %s\n    identity_api_version: 3\n' $region
    done
  done
} >"$SHARED/clouds.yaml"
