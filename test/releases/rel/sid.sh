# What Debian's unstable suite has today (2026.2 when this was written), with Open vSwitch. It does not install on every day.
# shellcheck shell=bash disable=SC2034
TITLE='of today’s unstable Debian' SUITE=sid NETWORK=openvswitch NEUTRON_WORKERS=1 COMPUTE_API=2.96
SOURCES=()
PACKAGES=(neutron-periodic-workers neutron-openvswitch-agent openvswitch-switch neutron-ovn-metadata-agent neutron-ovn-maintenance-worker ovn-central ovn-host ethtool)
# since 2025.2 every API is a WSGI module, and Neutron's other halves are processes of their own
ALSO=(nova-metadata neutron-rpc-server neutron-periodic-workers)
TREES=(switch wsgi)

# MariaDB has moved to /var/lib/mariadb; the lab keeps the old place
mend_base() {
  mkdir -p "$BASE/var/lib/mysql"
  chown --reference="$BASE/var/lib/mariadb" "$BASE/var/lib/mysql"
  chmod 755 "$BASE/var/lib/mysql"
}
