import { expect, test } from 'vitest';
import { aTwin, login, type Reply } from './a-twin.ts';

const n = '/network/v2.0';

test('a subnet takes its range from its pool, within its lengths, its quota and what is left', async () => {
  const demo = await login(await aTwin());
  const pool = await demo.ask('POST', `${n}/subnetpools`, {
    subnetpool: { name: 'p', prefixes: ['10.1.0.9/16', '10.1.0.0/16'], min_prefixlen: 24, max_prefixlen: 28, default_quota: 512 },
  });
  expect([pool.at('subnetpool.prefixes'), pool.at('subnetpool.default_prefixlen')]).toEqual([['10.1.0.0/16'], '24']);
  const network = (await demo.ask('POST', `${n}/networks`, { network: { name: 'net' } })).textAt('network.id');
  const subnetpool_id = pool.textAt('subnetpool.id');
  const take = (cidr: string, more: object = {}): Promise<Reply> =>
    demo.ask('POST', `${n}/subnets`, { subnet: { network_id: network, ip_version: 4, subnetpool_id, cidr, ...more } });
  expect((await take('10.1.1.0/24')).at('subnet.subnetpool_id')).toBe(subnetpool_id);
  const refused = [
    [await take('10.1.2.0/29'), 400, 'MaxPrefixSubnetAllocationError'],
    [await take('10.1.4.0/23'), 400, 'MinPrefixSubnetAllocationError'],
    [await take('10.2.0.0/24'), 400, 'SubnetAllocationError'],
    [await take('10.9.0.0/24', { subnetpool_id: null }), 400, 'NetworkSubnetPoolAffinityError'],
  ] as const;
  for (const [reply, status, type] of refused) expect([reply.status, reply.at('NeutronError.type')]).toEqual([status, type]);
  expect((await take('10.1.2.0/24')).status).toBe(201);
  const over = await take('10.1.3.0/24');
  expect([over.status, over.at('NeutronError.type')]).toEqual([409, 'SubnetPoolQuotaExceeded']);
  const kept = await demo.ask('DELETE', `${n}/subnetpools/${subnetpool_id}`);
  expect([kept.status, kept.at('NeutronError.type')]).toEqual([400, 'SubnetPoolDeleteError']);
});

test('pools of one address scope have ranges of their own, and only an admin shares one', async () => {
  const demo = await login(await aTwin());
  const scope = await demo.ask('POST', `${n}/address-scopes`, { address_scope: { name: 's', ip_version: 4 } });
  const keys = Object.keys(scope.at('address_scope') as object).sort();
  expect(keys).toEqual(['id', 'ip_version', 'name', 'project_id', 'shared', 'tenant_id']);
  const address_scope_id = scope.textAt('address_scope.id');
  const make = (prefixes: readonly string[], more: object = {}): Promise<Reply> =>
    demo.ask('POST', `${n}/subnetpools`, { subnetpool: { name: 'p', prefixes, address_scope_id, ...more } });
  expect((await make(['10.1.0.0/16'])).status).toBe(201);
  expect((await make(['10.1.8.0/24'])).at('NeutronError.type')).toBe('AddressScopePrefixConflict');
  expect((await make(['2001:db8::/48'])).at('NeutronError.type')).toBe('IllegalSubnetPoolIpVersionAssociationToAddressScope');
  expect((await make(['10.2.0.0/16'], { shared: true })).status).toBe(403);
  expect((await make([])).at('NeutronError.type')).toBe('EmptySubnetPoolPrefixList');
  const used = await demo.ask('DELETE', `${n}/address-scopes/${address_scope_id}`);
  expect([used.status, used.at('NeutronError.type')]).toEqual([409, 'AddressScopeInUse']);
});
