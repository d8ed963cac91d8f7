import type { OpenStackUser } from '../support/openstack-user.ts';

/** What servers need of the network side, by id. */
export interface NetworkSide {
  readonly externalId: string;
  readonly front: Segment;
  readonly back: Segment;
  readonly groups: { readonly web: string; readonly app: string; readonly db: string };
}

interface Segment {
  readonly networkId: string;
  readonly subnetId: string;
}

interface Created {
  readonly id: string;
}

/**
 * Makes networks, subnets, a router with gateway and static route, and groups whose rules name each
 * other.
 */
export async function makeNetworkSide(user: OpenStackUser): Promise<NetworkSide> {
  const front = await makeSegment(user, 'front', 'where visitors arrive', {
    cidr: '10.10.1.0/24',
    dns_nameservers: ['192.0.2.53'],
  });
  const back = await makeSegment(user, 'back', 'behind the web tier', {
    cidr: '10.10.2.0/24',
    gateway_ip: '10.10.2.254',
    allocation_pools: [
      { start: '10.10.2.20', end: '10.10.2.99' },
      { start: '10.10.2.150', end: '10.10.2.180' },
    ],
    dns_nameservers: ['192.0.2.54', '192.0.2.53'],
    host_routes: [{ destination: '10.99.0.0/24', nexthop: '10.10.2.31' }],
  });
  const [external] = await user.list<Created>('network', '/networks?router:external=true', 'networks');
  if (external === undefined) throw new Error('The cloud offers no external network.');
  await makeRouter(user, external.id, [front, back]);
  return { externalId: external.id, front, back, groups: await makeGroups(user) };
}

async function makeSegment(user: OpenStackUser, name: string, description: string, subnet: object): Promise<Segment> {
  const { network } = await user.send<{ network: Created }>('POST', 'network', '/networks', { network: { name, description } });
  const { subnet: made } = await user.send<{ subnet: Created }>('POST', 'network', '/subnets', {
    subnet: { name: `${name}-v4`, network_id: network.id, ip_version: 4, ...subnet },
  });
  return { networkId: network.id, subnetId: made.id };
}

async function makeRouter(user: OpenStackUser, externalId: string, segments: readonly Segment[]): Promise<void> {
  const { router } = await user.send<{ router: Created }>('POST', 'network', '/routers', {
    router: { name: 'edge', description: 'front door', external_gateway_info: { network_id: externalId } },
  });
  for (const { subnetId } of segments)
    await user.send('PUT', 'network', `/routers/${router.id}/add_router_interface`, { subnet_id: subnetId });
  const routes = [{ destination: '10.99.0.0/24', nexthop: '10.10.2.31' }];
  await user.send('PUT', 'network', `/routers/${router.id}`, { router: { routes } });
}

async function makeGroups(user: OpenStackUser): Promise<NetworkSide['groups']> {
  const group = async (name: string, description: string): Promise<string> => {
    const body = { security_group: { name, description } };
    return (await user.send<{ security_group: Created }>('POST', 'network', '/security-groups', body)).security_group.id;
  };
  const web = await group('web', 'http from everywhere');
  const app = await group('app', 'only from the web tier');
  const db = await group('db', 'only from the app tier');
  const allow = (groupId: string, ports: readonly [number, number], from: object): Promise<unknown> =>
    user.send('POST', 'network', '/security-group-rules', {
      security_group_rule: {
        security_group_id: groupId,
        direction: 'ingress',
        ethertype: 'IPv4',
        protocol: 'tcp',
        port_range_min: ports[0],
        port_range_max: ports[1],
        ...from,
      },
    });
  await allow(web, [80, 80], { description: 'the shop' });
  await allow(web, [443, 443], {});
  await allow(web, [22, 22], { remote_ip_prefix: '192.0.2.0/24' });
  await allow(app, [8080, 8090], { remote_group_id: web });
  await allow(db, [5432, 5432], { remote_group_id: app });
  await allow(db, [7000, 7001], { remote_group_id: db });
  return { web, app, db };
}
