# Epoxy (2025.1) on Debian 13, with OVN; its layer is that of epoxy.sh.
# shellcheck shell=bash disable=SC2034
. "$(dirname "${BASH_SOURCE[0]}")/epoxy.sh"
TITLE='Epoxy with OVN' NETWORK=ovn
TREES=(switch ovn)
