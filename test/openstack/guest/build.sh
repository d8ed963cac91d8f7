#!/bin/bash
# usage: build.sh. Builds the guest image once: the Debian cloud kernel, busybox and dropbear on a real ext4 root disk with its own boot loader.
set -euo pipefail
. "$(dirname "$0")/../lab.sh"
# of the older releases busybox finds no root disk
use_release "${RELEASE[dst]}"
work=$LAB/guest
rm -rf "$work"
mkdir -p "$work"
cp -a "$HERE/guest/." "$work/"
in_base "mount --bind '$work' \"\$ROOT/mnt\"; mount -t proc proc \"\$ROOT/proc\"; mount -t tmpfs tmpfs \"\$ROOT/tmp\"" \
  bash /mnt/assemble.sh >"$LAB/log/guest.log" 2>&1 || { tail -20 "$LAB/log/guest.log" >&2; exit 1; }
mv "$work/guest.qcow2" "$SHARED/guest.qcow2"
rm -rf "$work"
