import { describe, expect, test } from 'vitest';
import { tables } from '../../../../../../shared/cloud/openstack/attributes/tables.ts';
import type { Kind } from '../../../../../../shared/model/resource.ts';
import { randomAttributes } from '../../../../../support/random-attributes.ts';
import { moveRandomTenants } from '../../../../../support/random-moves.ts';

/**
 * What follows from other resources, what only an admin chooses, and what the twin does not have.
 */
const notDrawn = new Set([
  'qos_policy_id',
  'network_id',
  'subnetpool_id',
  'address_scope_id',
  'prefixes',
  'fixed_ips',
  'mac_address',
  'security_groups',
  'security_group_id',
  'remote_group_id',
  'remote_address_group_id',
  'ethertype',
  'port_range_min',
  'port_range_max',
  'ip_version',
  'cidr',
  'gateway_ip',
  'ipv6_address_mode',
  'ipv6_ra_mode',
  'dns_domain',
  'dns_name',
  'dns_publish_fixed_ip',
  'propagate_uplink_status',
  'ha',
  'distributed',
  'key_name',
  'server_groups',
  'OS-EXT-SRV-ATTR:user_data',
]);

describe('tenants with random legal attributes', () => {
  test.each(Object.entries(randomAttributes))('are drawn with every attribute of a %s that is carried', (kind, drawn) => {
    const carried = tables[kind as Kind].flatMap(({ api, fate }) => (fate === 'carried' && api !== null ? api : []));
    expect(carried.filter((api) => !(api in drawn) && !notDrawn.has(api))).toEqual([]);
  });

  test('lose nothing that the tables call carried, and all else is told', async () => {
    expect(await moveRandomTenants(1, 6)).toEqual([]);
  }, 120_000);
});
