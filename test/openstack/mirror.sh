#!/bin/bash
# usage: mirror.sh [suite]. Prints this machine's own Debian sources, whatever their format, as one-line `deb` entries; of another suite what the
# same mirror has of it, which is not checked.
set -euo pipefail
. "$(dirname "$0")/lab.sh"
SUITE=bookworm

sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)|$(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
    sed -n "s/^\(deb [^ ]* $SUITE\(-updates\|-security\)\? main\)|Debian.*$/\1/p" | sort -u
}

# the index targets are known to apt only after an update
[ -n "$(sources)" ] || apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 || true
sources | grep -q " $SUITE main$" ||
  { echo "no Debian $SUITE mirror among this machine's apt sources (apt-get indextargets); add one and run again" >&2; exit 1; }
case ${1:-$SUITE} in
  "$SUITE") sources ;;
  *) sources | awk -v here="$SUITE" -v there="$1" '$3 == here { $3 = there; print; exit }' ;;
esac
