import type { Hand } from '../conformance/furnish.ts';
import { draw, type OfSubnet } from './random-attributes.ts';

interface Made {
  readonly id: string;
  /** Of a subnet: whose ports it serves; all where it is empty. */
  readonly service_types?: readonly string[];
}

/** Makes one tenant of a seed: its attributes are random, and legal. Returns what it asked for. */
export async function makeRandomTenant(hand: Hand, seed: number, imageId: string): Promise<void> {
  let turn = seed * 1000;
  const next = (): number => (turn += 1);
  const post = async (path: string, key: string, body: object): Promise<Made> =>
    (await hand.ask<Record<string, Made>>('POST', 'network', path, { [key]: body }))[key] as Made;
  const tagged = async (path: string, key: string, { tags, ...body }: Record<string, unknown>): Promise<Made> => {
    const made = await post(path, key, body);
    if (Array.isArray(tags)) await hand.ask('PUT', 'network', `${path}/${made.id}/tags`, { tags });
    return made;
  };
  const network = await tagged('/networks', 'network', { name: `net ${seed}`, ...draw('network', next()) });
  const octet = seed % 250;
  const scope = await post('/address-scopes', 'address_scope', { ip_version: 4, ...draw('address_scope', next()) });
  const pool = await tagged('/subnetpools', 'subnetpool', {
    name: `pool ${seed}`,
    ...draw('subnet_pool', next()),
    prefixes: [`10.${octet}.0.0/16`],
    ...(seed % 2 === 0 ? { address_scope_id: scope.id } : {}),
  });
  const subnetpool_id = seed % 3 === 0 ? null : pool.id;
  const cidr = {
    subnetpool_id,
    network_id: network.id,
    ip_version: 4,
    cidr: `10.${octet}.0.0/24`,
    gateway_ip: `10.${octet}.0.1`,
  };
  const subnet = await tagged('/subnets', 'subnet', { ...filled(draw('subnet', next()), octet), ...cidr });
  const router = await tagged('/routers', 'router', { name: `router ${seed}`, ...draw('router', next()) });
  await hand.ask('PUT', 'network', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  await hand.ask('PUT', 'network', `/routers/${router.id}`, { router: filled(draw('routes', next()), octet) });
  const addresses = await post('/address-groups', 'address_group', {
    name: `addresses ${seed}`,
    ...draw('address_group', next()),
  });
  const group = await tagged('/security-groups', 'security_group', { name: `group ${seed}`, ...draw('security_group', next()) });
  for (let rule = 0; rule < 3; rule += 1) {
    const drawn = { direction: 'ingress', ...draw('security_group_rule', next()), security_group_id: group.id };
    // Neutron refuses a rule that another one says already.
    await post('/security-group-rules', 'security_group_rule', drawn).catch(() => undefined);
  }
  const remote = { remote_address_group_id: addresses.id, direction: 'ingress', security_group_id: group.id };
  await post('/security-group-rules', 'security_group_rule', remote);
  for (let port = 0; port < 2; port += 1) await makePort(next(), 20 + port);
  const { port: plugged } = await makePort(next(), 30, { device_owner: '', 'binding:vnic_type': 'normal' });
  const { 'OS-EXT-SRV-ATTR:hostname': hostname, ...server } = draw('server', next());
  const { flavors } = await hand.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.tiny')?.id;
  const named = hostname === undefined ? {} : { hostname };
  const body = { name: `server ${seed}`, ...server, ...named, imageRef: imageId, flavorRef, networks: [{ port: plugged }] };
  const made = await hand.ask<{ server: Made }>('POST', 'compute', '/servers', { server: body });
  for (;;) {
    const { server: now } = await hand.ask<{ server: { status: string } }>('GET', 'compute', `/servers/${made.server.id}`);
    if (now.status === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async function makePort(of: number, last: number, fixed: object = {}): Promise<{ port: string }> {
    const {
      port_security_enabled: secure,
      allowed_address_pairs,
      ...drawn
    } = { ...draw('port', of), ...fixed } as Record<string, unknown>;
    const guarded =
      secure === false
        ? { security_groups: [] }
        : { security_groups: [group.id], allowed_address_pairs: allowed_address_pairs ?? [] };
    const owned = (subnet.service_types ?? []).length === 0 ? {} : { device_owner: 'compute:nova' };
    const wanted = { ...drawn, ...guarded, ...owned, port_security_enabled: secure !== false, network_id: network.id };
    const fixed_ips = [{ subnet_id: subnet.id, ip_address: `10.${octet}.0.${last}` }];
    return { port: (await tagged('/ports', 'port', { ...wanted, fixed_ips })).id };
  }
}

function filled(drawn: Record<string, unknown>, octet: number): Record<string, unknown> {
  const fill = (value: unknown): unknown => (typeof value === 'function' ? (value as OfSubnet<unknown>)(octet) : value);
  return Object.fromEntries(Object.entries(drawn).map(([key, value]) => [key, fill(value)]));
}
