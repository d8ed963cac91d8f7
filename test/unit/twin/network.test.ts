import { expect, test } from 'vitest';
import { aNetwork, anExternalNetwork } from './a-tenant.ts';
import { aTwin, type Client, login, type Reply, until } from './a-twin.ts';

const n = '/network/v2.0';
const port = (client: Client, fields: Readonly<Record<string, unknown>>): Promise<Reply> =>
  client.ask('POST', `${n}/ports`, { port: fields });

test('the DHCP port takes the lowest free address of a new subnet', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const { id } = await aNetwork(demo, 'net1', '10.1.0.0/24');
  const found = await until(
    () => demo.ask('GET', `${n}/ports?network_id=${id}&device_owner=network:dhcp`),
    (reply) => reply.listAt('ports').length === 1,
  );
  expect(found.at('ports.0.fixed_ips.0.ip_address')).toBe('10.1.0.2');
});

test('an address or a MAC that is taken is a 409, an address outside is a 400', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const { id } = await aNetwork(demo, 'net1', '10.1.0.0/24', { enable_dhcp: false });
  expect(
    (await port(demo, { network_id: id, fixed_ips: [{ ip_address: '10.1.0.9' }], mac_address: 'FA:16:3E:00:00:01' })).status,
  ).toBe(201);
  const taken = await port(demo, { network_id: id, fixed_ips: [{ ip_address: '10.1.0.9' }] });
  expect([taken.status, taken.at('NeutronError.type')]).toEqual([409, 'IpAddressAlreadyAllocated']);
  const mac = await port(demo, { network_id: id, mac_address: 'fa:16:3e:00:00:01' });
  expect([mac.status, mac.at('NeutronError.type')]).toEqual([409, 'MacAddressInUse']);
  const outside = await port(demo, { network_id: id, fixed_ips: [{ ip_address: '10.2.0.9' }] });
  expect([outside.status, outside.at('NeutronError.type')]).toEqual([400, 'InvalidIpForNetwork']);
});

test('addresses are handed out until the pool is empty, and come back when a port goes', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const { id } = await aNetwork(demo, 'small', '10.1.0.0/29', { enable_dhcp: false });
  const made = [];
  for (let count = 0; count < 5; count += 1) made.push(await port(demo, { network_id: id }));
  expect(new Set(made.map((reply) => reply.textAt('port.fixed_ips.0.ip_address'))).size).toBe(5);
  const sixth = await port(demo, { network_id: id });
  expect([sixth.status, sixth.at('NeutronError.type')]).toEqual([409, 'IpAddressGenerationFailure']);
  await demo.ask('DELETE', `${n}/ports/${made[0]?.textAt('port.id')}`);
  expect((await port(demo, { network_id: id })).status).toBe(201);
});

test('an address on a SLAAC subnet is made from the MAC, comes unasked and may not be asked for', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const { id, subnetId } = await aNetwork(demo, 'six', 'fd00:1::/64', { ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' });
  expect((await demo.ask('GET', `${n}/subnets/${subnetId}`)).at('subnet.gateway_ip')).toBe('fd00:1::');
  const made = await port(demo, { network_id: id, mac_address: 'fa:16:3e:00:00:01', fixed_ips: [] });
  expect(made.at('port.fixed_ips.0.ip_address')).toBe('fd00:1::f816:3eff:fe00:1');
  const asked = await port(demo, {
    network_id: id,
    mac_address: 'fa:16:3e:00:00:02',
    fixed_ips: [{ subnet_id: subnetId, ip_address: 'fd00:1::f816:3eff:fe00:2' }],
  });
  expect([asked.status, asked.at('NeutronError.type')]).toEqual([400, 'AllocationOnAutoAddressSubnet']);
});

test('what is in use cannot be deleted: networks, subnets, routers, groups', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'admin');
  const external = await anExternalNetwork(admin);
  const { id, subnetId } = await aNetwork(demo, 'net1', '10.1.0.0/24');
  const group = (await demo.ask('POST', `${n}/security-groups`, { security_group: { name: 'web' } })).textAt('security_group.id');
  const held = (await port(demo, { network_id: id, security_groups: [group] })).textAt('port.id');
  const router = (
    await demo.ask('POST', `${n}/routers`, { router: { external_gateway_info: { network_id: external.id } } })
  ).textAt('router.id');
  await demo.ask('PUT', `${n}/routers/${router}/add_router_interface`, { subnet_id: subnetId });
  const floating = await demo.ask('POST', `${n}/floatingips`, {
    floatingip: { floating_network_id: external.id, port_id: held },
  });
  expect(floating.status).toBe(201);
  const refused = [
    [`networks/${id}`, 'NetworkInUse'],
    [`subnets/${subnetId}`, 'SubnetInUse'],
    [`routers/${router}`, 'RouterInUse'],
    [`security-groups/${group}`, 'SecurityGroupInUse'],
  ] as const;
  for (const [path, type] of refused) {
    const reply = await demo.ask('DELETE', `${n}/${path}`);
    expect([reply.status, reply.at('NeutronError.type')], path).toEqual([409, type]);
  }
  const gateway = await demo.ask('PUT', `${n}/routers/${router}`, { router: { external_gateway_info: null } });
  expect(gateway.at('NeutronError.type')).toBe('RouterExternalGatewayInUseByFloatingIp');
  const gone = await demo.ask('PUT', `${n}/routers/${router}/remove_router_interface`, { subnet_id: subnetId });
  expect(gone.at('NeutronError.type')).toBe('RouterInterfaceInUseByFloatingIP');
});

test('members choose neither the address of a floating IP nor of a gateway, nor source NAT, nor provider attributes', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'demo');
  const external = await anExternalNetwork(admin);
  const bodies = [
    ['floatingips', { floatingip: { floating_network_id: external.id, floating_ip_address: '172.24.10.95' } }],
    ['routers', { router: { external_gateway_info: { network_id: external.id, enable_snat: true } } }],
    [
      'routers',
      { router: { external_gateway_info: { network_id: external.id, external_fixed_ips: [{ ip_address: '172.24.10.96' }] } } },
    ],
  ] as const;
  for (const [path, body] of bodies) expect((await demo.ask('POST', `${n}/${path}`, body)).status).toBe(403);
  for (const [path, body] of bodies) expect((await admin.ask('POST', `${n}/${path}`, body)).status).toBe(201);
  expect((await demo.ask('POST', `${n}/networks`, { network: { 'provider:network_type': 'flat' } })).status).toBe(403);
  const taken = await admin.ask('POST', `${n}/floatingips`, bodies[0][1]);
  expect([taken.status, taken.at('NeutronError.type')]).toEqual([409, 'IpAddressAlreadyAllocated']);
});

test('a new group lets out, the default group also lets its members in, and a rule exists once', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const groups = await demo.ask('GET', `${n}/security-groups`);
  expect(groups.listAt('security_groups.0.security_group_rules')).toHaveLength(4);
  const made = await demo.ask('POST', `${n}/security-groups`, { security_group: { name: 'web' } });
  expect(made.listAt('security_group.security_group_rules')).toHaveLength(2);
  const rule = {
    security_group_rule: {
      security_group_id: made.textAt('security_group.id'),
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: 80,
      port_range_max: 80,
    },
  };
  expect((await demo.ask('POST', `${n}/security-group-rules`, rule)).status).toBe(201);
  const again = await demo.ask('POST', `${n}/security-group-rules`, {
    security_group_rule: { ...rule.security_group_rule, remote_ip_prefix: '0.0.0.0/0' },
  });
  expect([again.status, again.at('NeutronError.type')]).toEqual([409, 'SecurityGroupRuleExists']);
});

test('lists come in pages whose links lead through all of them', async () => {
  const twin = await aTwin({ pageSize: 2 });
  const demo = await login(twin);
  for (const name of ['a', 'b', 'c', 'd']) await demo.ask('POST', `${n}/networks`, { network: { name } });
  const seen: unknown[] = [];
  let next = `${n}/networks?fields=name&fields=id&sort_key=name&sort_dir=asc`;
  let pages = 0;
  while (next !== '') {
    const reply = await demo.ask('GET', next);
    seen.push(...reply.listAt('networks').map((each) => each['name']));
    const links = (reply.at('networks_links') ?? []) as { rel: string; href: string }[];
    next = links.find((link) => link.rel === 'next')?.href ?? '';
    pages += 1;
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
  // The second page is full, so it promises a third, which is empty.
  expect(pages).toBe(3);
});

test('the quota of a project is kept and told', async () => {
  const twin = await aTwin({ quotas: { network: { network: 1 } } });
  const demo = await login(twin);
  await demo.ask('POST', `${n}/networks`, { network: { name: 'one' } });
  const over = await demo.ask('POST', `${n}/networks`, { network: { name: 'two' } });
  expect([over.status, over.at('NeutronError.type')]).toEqual([409, 'OverQuota']);
  expect((await demo.ask('GET', `${n}/quotas/${demo.projectId}/details`)).at('quota.network')).toEqual({
    limit: 1,
    used: 1,
    reserved: 0,
  });
});

test('four-byte characters fail as on a real cloud, or pass where the option says so', async () => {
  const strict = await login(await aTwin());
  expect((await strict.ask('POST', `${n}/networks`, { network: { name: 'fox 🦊' } })).status).toBe(500);
  expect((await strict.ask('POST', '/image/v2/images', { name: 'fox 🦊' })).status).toBe(400);
  const lenient = await login(await aTwin({ strictUtf8: false }));
  expect((await lenient.ask('POST', `${n}/networks`, { network: { name: 'fox 🦊' } })).status).toBe(201);
});

test('a floating IP of a port with several addresses is joined to a named one, and any change of it must name one again', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'admin');
  const external = await anExternalNetwork(admin);
  const inner = await aNetwork(demo, 'inner', '10.1.0.0/24');
  const router = await demo.ask('POST', `${n}/routers`, { router: { external_gateway_info: { network_id: external.id } } });
  await demo.ask('PUT', `${n}/routers/${String(router.at('router.id'))}/add_router_interface`, { subnet_id: inner.subnetId });
  const fixed_ips = [{ ip_address: '10.1.0.8' }, { ip_address: '10.1.0.9' }];
  const port_id = (await port(demo, { network_id: inner.id, fixed_ips })).at('port.id');
  const given = { floating_network_id: external.id, port_id };
  const nameless = await demo.ask('POST', `${n}/floatingips`, { floatingip: given });
  expect([nameless.status, nameless.at('NeutronError.message')]).toEqual([
    400,
    expect.stringContaining('multiple fixed IPv4 addresses'),
  ]);
  const made = await demo.ask('POST', `${n}/floatingips`, { floatingip: { ...given, fixed_ip_address: '10.1.0.9' } });
  expect(made.status).toBe(201);
  const change = (floatingip: object) => demo.ask('PUT', `${n}/floatingips/${String(made.at('floatingip.id'))}`, { floatingip });
  expect((await change({ description: 'ours' })).status).toBe(400);
  expect((await change({ fixed_ip_address: '10.1.0.8' })).status).toBe(400);
  expect((await change({ port_id, fixed_ip_address: '10.1.0.8', description: 'ours' })).status).toBe(200);
});

test('a subnet that serves some owners gives no other port an address, neither a free nor a chosen one', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const { id, subnetId } = await aNetwork(demo, 'net1', '10.1.0.0/24', { service_types: ['compute:nova'], enable_dhcp: false });
  const fixed_ips = [{ subnet_id: subnetId, ip_address: '10.1.0.9' }];
  const refused = await port(demo, { network_id: id, fixed_ips });
  expect([refused.status, refused.at('NeutronError.type')]).toEqual([400, 'InvalidInput']);
  const byAddress = await port(demo, { network_id: id, fixed_ips: [{ ip_address: '10.1.0.9' }] });
  expect([byAddress.status, byAddress.at('NeutronError.type')]).toEqual([400, 'InvalidIpForNetwork']);
  expect((await port(demo, { network_id: id, fixed_ips, device_owner: 'compute:nova' })).status).toBe(201);
});

test('a distributed router has a port for SNAT in each IPv4 subnet, and one for all IPv6 subnets of a network', async () => {
  const twin = await aTwin({ distributedRouters: true });
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'demo');
  const external = await anExternalNetwork(admin);
  const { id, subnetId } = await aNetwork(demo, 'net1', '10.1.0.0/24', { enable_dhcp: false });
  const subnet = async (cidr: string): Promise<string> =>
    (
      await demo.ask('POST', `${n}/subnets`, {
        subnet: { network_id: id, cidr, ip_version: 6, gateway_ip: cidr.replace('/64', '1') },
      })
    ).textAt('subnet.id');
  const six = [await subnet('fd00:1::/64'), await subnet('fd00:2::/64')];
  const external_gateway_info = { network_id: external.id };
  const router = (await demo.ask('POST', `${n}/routers`, { router: { external_gateway_info } })).textAt('router.id');
  const together = (ids: readonly string[]): string => [...ids].sort().join(' ');
  const snat = async (): Promise<string[]> => {
    const { listAt } = await admin.ask('GET', `${n}/ports?device_owner=network:router_centralized_snat`);
    const ports = listAt('ports') as { fixed_ips: { subnet_id: string }[] }[];
    return ports.map(({ fixed_ips }) => together(fixed_ips.map(({ subnet_id }) => subnet_id))).sort();
  };
  for (const subnet_id of [subnetId, ...six]) await demo.ask('PUT', `${n}/routers/${router}/add_router_interface`, { subnet_id });
  expect(await snat()).toEqual([subnetId, together(six)].sort());
  await demo.ask('PUT', `${n}/routers/${router}/remove_router_interface`, { subnet_id: six[0] });
  expect(await snat()).toEqual([subnetId, six[1] ?? ''].sort());
  await demo.ask('PUT', `${n}/routers/${router}`, { router: { external_gateway_info: null } });
  expect(await snat()).toEqual([]);
});
