# What this node's release has in place of Zed's; the scripts of this folder source it. SWITCH: the services of its software switch, in the order in
# which they start; AGENTS: its network agents; AGENTS_ALIVE: how many agents Neutron then counts.
# shellcheck shell=bash disable=SC2034
# shellcheck source=/dev/null
. "/godwit/test/releases/rel/$(cat /etc/lab-release).sh"
case $NETWORK in
  linuxbridge) SWITCH='' AGENTS='linuxbridge-agent l3-agent dhcp-agent metadata-agent' AGENTS_ALIVE=4 ;;
  openvswitch) SWITCH='ovsdb vswitchd' AGENTS='openvswitch-agent l3-agent dhcp-agent metadata-agent' AGENTS_ALIVE=4 ;;
  # routers and DHCP are flows and have no agents; ovn-controller counts as one
  ovn) SWITCH='ovsdb vswitchd ovn-nb ovn-sb ovn-northd ovn-controller' AGENTS='ovn-metadata-agent' AGENTS_ALIVE=2 ;;
esac
