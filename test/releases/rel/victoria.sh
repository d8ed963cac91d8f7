# Victoria (2020.2) on Debian 11, with Linux bridges.
# shellcheck shell=bash disable=SC2034
TITLE=Victoria SUITE=bullseye NETWORK=linuxbridge NEUTRON_WORKERS=0 COMPUTE_API=2.87
# its security updates have left the ordinary mirrors
SOURCES=(bullseye-updates)
# its client has Neutron's own commands in a package of their own
PACKAGES=(neutron-linuxbridge-agent python3-neutronclient)
ALSO=()
TREES=()

# pyroute2 0.5.14 sends every deletion with the flags of a creation. One of them means "bulk" in a deletion since Linux 5.19: the deletion of a link
# is refused, and that of one forwarding entry would be taken for all.
mend_base() {
  local folder=$BASE/usr/lib/python3/dist-packages/pyroute2/iproute
  sed -i -E "s/\((RTM_DEL[A-Z]+), flags_(make|create)\)/(\1, NLM_F_REQUEST | NLM_F_ACK)/; s/^        flags = NLM_F_CREATE \| NLM_F_EXCL \| NLM_F_REQUEST$/        flags = NLM_F_REQUEST/" "$folder/linux.py"
  rm -f "$folder"/__pycache__/linux.*
}
