import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, type Hand, populate } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

let demo: Hand;
let source: OpenStackSource;
let networkId: string;
let subnetId: string;
let serverPort: string;

/** `web 1` on net1, 192.168.50.0/24, with nothing else. */
beforeEach(async () => {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  demo = await aHand(twin);
  source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { subnets } = await demo.ask<{ subnets: { id: string; cidr: string; network_id: string }[] }>(
    'GET',
    'network',
    '/subnets',
  );
  const own = subnets.find(({ cidr }) => cidr === '192.168.50.0/24');
  networkId = own?.network_id ?? '';
  subnetId = own?.id ?? '';
  const { ports } = await demo.ask<{ ports: { id: string; device_owner: string }[] }>('GET', 'network', '/ports');
  serverPort = ports.find(({ device_owner }) => device_owner.startsWith('compute:'))?.id ?? '';
});

const chosen = () => source.inventory({ servers: ['web 1'] }, AbortSignal.timeout(15_000));
const pairs = (...addresses: readonly string[]) =>
  demo.ask('PUT', 'network', `/ports/${serverPort}`, {
    port: { allowed_address_pairs: addresses.map((ip_address) => ({ ip_address })) },
  });

async function freePort(ip_address: string, fields: object = {}): Promise<string> {
  const port = { network_id: networkId, fixed_ips: [{ subnet_id: subnetId, ip_address }], ...fields };
  return (await demo.ask<{ port: { id: string } }>('POST', 'network', '/ports', { port })).port.id;
}

async function aRouter(...subnetIds: readonly string[]): Promise<string> {
  const ext = await demo.ask<{ networks: { id: string; name: string }[] }>('GET', 'network', '/networks');
  const network_id = ext.networks.find(({ name }) => name === 'ext')?.id;
  const made = await demo.ask<{ router: { id: string } }>('POST', 'network', '/routers', {
    router: { name: 'out', external_gateway_info: { network_id } },
  });
  for (const subnet_id of subnetIds)
    await demo.ask('PUT', 'network', `/routers/${made.router.id}/add_router_interface`, { subnet_id });
  return made.router.id;
}

async function otherSubnet(cidr: string): Promise<string> {
  const made = await demo.ask<{ network: { id: string } }>('POST', 'network', '/networks', { network: { name: 'other' } });
  const subnet = { network_id: made.network.id, cidr, ip_version: 4 };
  return (await demo.ask<{ subnet: { id: string } }>('POST', 'network', '/subnets', { subnet })).subnet.id;
}

test('a virtual address that a chosen server may answer for is reserved, with its floating IP and its groups', async () => {
  const made = await demo.ask<{ security_group: { id: string } }>('POST', 'network', '/security-groups', {
    security_group: { name: 'of the virtual address' },
  });
  const vip = await freePort('192.168.50.200', { name: 'vip', security_groups: [made.security_group.id] });
  await aRouter(subnetId);
  const { networks } = await demo.ask<{ networks: { id: string; name: string }[] }>('GET', 'network', '/networks');
  const floating_network_id = networks.find(({ name }) => name === 'ext')?.id;
  await demo.ask('POST', 'network', '/floatingips', { floatingip: { floating_network_id, port_id: vip } });
  await pairs('192.168.50.200');

  const { document } = await chosen();
  expect(document.ports.map(({ id }) => id)).toContain(vip);
  expect(document.floating_ips.map(({ port_id }) => port_id)).toEqual([vip]);
  expect(document.security_groups.map(({ name }) => name)).toContain('of the virtual address');
});

test('a virtual address in a range of a pair is reserved, and one with an owner of its own keeps it', async () => {
  const vip = await freePort('192.168.50.201', { device_owner: 'vip:keepalived' });
  await pairs('192.168.50.192/27');
  const { document } = await chosen();
  expect(document.ports.find(({ id }) => id === vip)?.device_owner).toBe('vip:keepalived');
});

test('ports that no chosen server may answer for stay out, also where a pair covers the whole subnet', async () => {
  const free = await freePort('192.168.50.202');
  const idsOf = async () => (await chosen()).document.ports.map(({ id }) => id);
  expect(await idsOf()).not.toContain(free);
  await pairs('192.168.50.203', '0.0.0.0/0');
  expect(await idsOf()).not.toContain(free);
});

test('a static route stays while its next hop is on a network that a chosen server uses; the others are told', async () => {
  const router = await aRouter(subnetId, await otherSubnet('192.168.60.0/24'));
  const kept = { destination: '10.1.0.0/16', nexthop: '192.168.50.77' };
  const lost = { destination: '10.2.0.0/16', nexthop: '192.168.60.77' };
  await demo.ask('PUT', 'network', `/routers/${router}`, { router: { routes: [kept, lost] } });

  const { document, concerns } = await chosen();
  expect(document.routes.map(({ routes }) => routes)).toEqual([[kept]]);
  const told = concerns.filter(({ code }) => code === 'routes.left_out');
  expect(told).toMatchObject([{ severity: 'warning', about: `router/${router}` }]);
  expect(told[0]?.says).toContain('10.2.0.0/16 via 192.168.60.77');
  expect(told[0]?.says).not.toContain('10.1.0.0/16');
});

test('a router all of whose networks are chosen keeps its routes without a word', async () => {
  const router = await aRouter(subnetId);
  const route = { destination: '10.1.0.0/16', nexthop: '192.168.50.77' };
  await demo.ask('PUT', 'network', `/routers/${router}`, { router: { routes: [route] } });
  const { document, concerns } = await chosen();
  expect(document.routes.map(({ routes }) => routes)).toEqual([[route]]);
  expect(concerns.map(({ code }) => code)).not.toContain('routes.left_out');
});
