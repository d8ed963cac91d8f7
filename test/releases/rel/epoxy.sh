# Epoxy (2025.1) on Debian 13, with Open vSwitch.
# shellcheck shell=bash disable=SC2034
TITLE=Epoxy SUITE=trixie NETWORK=openvswitch COMPUTE_API=2.96
# since Neutron 26 none is refused
NEUTRON_WORKERS=1
SOURCES=(trixie-updates)
PACKAGES=(neutron-periodic-workers neutron-openvswitch-agent openvswitch-switch neutron-ovn-metadata-agent neutron-ovn-maintenance-worker ovn-central ovn-host ethtool)
ALSO=()
TREES=(switch)
