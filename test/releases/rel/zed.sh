# Zed (2022.2) on Debian 12, with Linux bridges: what test/openstack has. This is what a release's file says:
# TITLE: how it is told; SUITE: of Debian; SOURCES: suites of updates beside it (empty: as the machine itself has them); NETWORK: linuxbridge,
# openvswitch or ovn; PACKAGES: beside those that all have; NEUTRON_WORKERS; ALSO: services beside those that all have; TREES: of root/, laid
# over the configuration; COMPUTE_API: the newest microversion that its client knows; mend_base: repairs what was installed.
# shellcheck shell=bash disable=SC2034
TITLE=Zed SUITE=bookworm NETWORK=linuxbridge NEUTRON_WORKERS=0 COMPUTE_API=2.92
SOURCES=()
PACKAGES=(neutron-linuxbridge-agent)
ALSO=()
TREES=()
