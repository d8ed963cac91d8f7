#!/bin/bash
# usage: schemas.sh. Fills an empty database with every service's schema, in a throw-away node; each new cloud starts from a copy.
set -euo pipefail
here=$(dirname "$0")
. "$here/release.sh"
python3 "$here/configure.py" 127.0.0.1 golden 3600 golden true "$NETWORK" "$NEUTRON_WORKERS" "${TREES[@]}"
mariadb-install-db --user=mysql --datadir=/var/lib/mysql >/dev/null
"$here/service" start mariadb
for _ in $(seq 100); do mariadb-admin -u root ping >/dev/null 2>&1 && break; sleep 0.2; done
{
  echo "CREATE USER lab@localhost IDENTIFIED BY 'lab'; GRANT ALL ON *.* TO lab@localhost;"
  for name in keystone placement glance nova_api nova nova_cell0 neutron cinder; do echo "CREATE DATABASE $name CHARACTER SET utf8mb3;"; done
} | mariadb -u root

keystone_glance_placement_cinder() {
  keystone-manage db_sync
  glance-manage db_sync
  placement-manage db sync
  cinder-manage db sync
}
nova_neutron() {
  nova-manage api_db sync
  nova-manage cell_v2 map_cell0 --database_connection "mysql+pymysql://lab:lab@localhost/nova_cell0?unix_socket=/run/mysqld/mysqld.sock"
  nova-manage db sync
  nova-manage cell_v2 create_cell --name cell1
  neutron-db-manage --config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade head
}
# two halves for two cores
(set -e; keystone_glance_placement_cinder) >/var/log/lab/schemas-1.log 2>&1 &
first=$!
(set -e; nova_neutron) >/var/log/lab/schemas-2.log 2>&1 &
second=$!
wait $first
wait $second
mariadb-admin -u root shutdown
