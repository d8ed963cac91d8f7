import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type Cloud, untilState } from '../../../../support/in-process.ts';
import { censusOf } from '../../../../support/shop.ts';
import { ShopTemplate, type ShopWorld, serversAt, untilFact } from '../../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

interface Port {
  readonly id: string;
  readonly device_owner: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
  readonly allowed_address_pairs: readonly { readonly ip_address: string }[];
}

interface Floating {
  readonly id: string;
  readonly floating_ip_address: string;
  readonly port_id: string | null;
}

const virtual = '10.20.0.100';

const portsOf = ({ user }: Cloud): Promise<Port[]> => user.list('network', '/ports', 'ports');
const floatingOf = ({ user }: Cloud): Promise<Floating[]> => user.list('network', '/floatingips', 'floatingips');
const at = (ports: readonly Port[], ip: string) => ports.find(({ fixed_ips }) => fixed_ips[0]?.ip_address === ip);

/** A shop whose servers share an address as keepalived does, with a floating IP of its own. */
async function aSharedAddress(): Promise<ShopWorld & { readonly address: string }> {
  const shop = await template.world();
  const { user } = shop.world.source;
  const pairs = { allowed_address_pairs: [{ ip_address: virtual }] };
  for (const { id, device_owner } of await portsOf(shop.world.source))
    if (device_owner.startsWith('compute:')) await user.send('PUT', 'network', `/ports/${id}`, { port: pairs });
  const networks = await user.list<{ id: string; name: string; 'router:external': boolean }>('network', '/networks', 'networks');
  const port = { network_id: networks.find(({ name }) => name === 'front')?.id, fixed_ips: [{ ip_address: virtual }] };
  const made = await user.send<{ port: Port }>('POST', 'network', '/ports', { port });
  const external = networks.find((one) => one['router:external'])?.id;
  const floatingip = { floating_network_id: external, port_id: made.port.id };
  const { floatingip: floating } = await user.send<{ floatingip: Floating }>('POST', 'network', '/floatingips', { floatingip });
  // The destination has the source's range of addresses, too.
  const there = shop.world.destination.user;
  const [outside] = await there.list<{ id: string }>('network', '/networks?router:external=true', 'networks');
  const range = { network_id: outside?.id, ip_version: 4, cidr: '198.51.100.0/24', enable_dhcp: false };
  await there.send('POST', 'network', '/subnets', { subnet: range });
  return Object.assign(shop, { address: floating.floating_ip_address });
}

test('the floating IP of a virtual IP that keeps its address leads nowhere until its last holder is stopped', async () => {
  const { world, sender, address } = await aSharedAddress();
  const before = (await censusOf(world.destination)).ids;
  world.source.twin.faults.set([{ do: 'delay', ms: 1_500, match: { service: 'compute', method: 'POST', body: 'os-stop' } }]);
  const campaign = await beginMigration(sender, (plan) => plan.replaceAll(/^( {6}to: )auto$/gm, '$1same'));
  const [, last] = (await sender.daemon.status()).campaigns[0]?.moves ?? [];
  await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'begun' && phase === 'stop' && server === last?.server);
  // The first one has moved, and the last one still answers for the address at the source.
  expect(await serversAt(world.destination)).toHaveLength(1);
  expect((await floatingOf(world.destination)).filter((one) => one.floating_ip_address === address)).toMatchObject([
    { port_id: null },
  ]);
  await untilState(sender, 'ready');
  const ports = await portsOf(world.destination);
  const vip = at(ports, virtual);
  expect((await floatingOf(world.destination)).find((one) => one.floating_ip_address === address)?.port_id).toBe(vip?.id);
  for (const ip of ['10.20.0.10', '10.20.0.11'])
    expect(at(ports, ip)?.allowed_address_pairs).toMatchObject([{ ip_address: virtual }]);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect((await censusOf(world.destination)).ids).toEqual(before);
  const source = await floatingOf(world.source);
  const led = at(await portsOf(world.source), virtual)?.id;
  expect(source.find((one) => one.floating_ip_address === address)?.port_id).toBe(led);
});
