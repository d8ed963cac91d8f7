#!/bin/bash
# usage: prepare.sh. Installs what the lab's own scripts need on a bare Debian machine; does nothing when all is there.
set -euo pipefail
. "$(dirname "$0")/lab.sh"
[ "$(id -u)" = 0 ] || { echo "the lab needs root: it makes namespaces and mounts" >&2; exit 1; }

# command -> the Debian package that brings it
declare -A NEEDED=([debootstrap]=debootstrap [ip]=iproute2 [nsenter]=util-linux [jq]=jq [ssh-keygen]=openssh-client [awk]=mawk [qemu-img]=qemu-utils)
missing=()
for command in "${!NEEDED[@]}"; do command -v "$command" >/dev/null || missing+=("${NEEDED[$command]}"); done
[ ${#missing[@]} -eq 0 ] && exit 0

say "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update
apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >"$LAB/log/prepare.log" 2>&1 ||
  { tail -5 "$LAB/log/prepare.log" >&2; exit 1; }
