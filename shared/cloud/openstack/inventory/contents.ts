import type { Concern } from '../../../model/concern.ts';
import { wordsOf } from '../../../model/kind-words.ts';
import type {
  ApiAddressGroup,
  ApiAddressScope,
  ApiFlavor,
  ApiFloatingIp,
  ApiImage,
  ApiKeypair,
  ApiNetwork,
  ApiPort,
  ApiProject,
  ApiQosPolicy,
  ApiRbacPolicy,
  ApiRouter,
  ApiSecurityGroup,
  ApiServer,
  ApiServerGroup,
  ApiSubnet,
  ApiSubnetPool,
  ApiThing,
  ApiTrunk,
} from '../api.ts';
import { type DnsContents, noDns } from '../dns/contents.ts';
import { listKeypairs } from '../facts/facts.ts';
import type { MembersOf } from '../images/members.ts';
import { type QuotaLimits, type QuotaService, quotaServices, readLimits } from '../limits.ts';
import { isRouterLeg } from '../router-leg.ts';
import { type PortTags, readPortTags } from '../servers/port-tags.ts';
import { listServerGroups } from '../servers/server-groups.ts';
import { partOf, thingOf } from '../session/answer.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { bootsFromVolume } from '../volumes/attachments.ts';
import { type Forwarding, readForwardings } from './forwardings.ts';
import { listOptional } from './optional.ts';
import { nobody, type People } from './people.ts';
import { policyUsers } from './policy-users.ts';
import { readable } from './readable.ts';
import type { Scope } from './scope.ts';
import { readVolumes, type VolumeContents } from './volumes.ts';

/** All that was read of a project, as the cloud's answers show it. */
export interface Contents extends VolumeContents {
  readonly scope: Scope;
  readonly region: string;
  /** Read of a whole project only; null where the cloud does not tell who has roles in it. */
  readonly people: People | null;
  /** The project itself; null of a selection of servers, and where the cloud does not show it. */
  readonly project: ApiProject | null;
  /** Read of a whole project only. */
  readonly dns: DnsContents;
  /** The servers that move. */
  readonly servers: readonly ApiServer[];
  readonly networks: readonly ApiNetwork[];
  /** The project's own, and none of others. */
  readonly addressScopes: readonly ApiAddressScope[];
  readonly subnetPools: readonly ApiSubnetPool[];
  readonly subnets: readonly ApiSubnet[];
  readonly routers: readonly ApiRouter[];
  /** The ports of the servers that move, of trunks, and the project's ports without a device. */
  readonly ports: readonly ApiPort[];
  readonly trunks: readonly ApiTrunk[];
  /** The project's ports that belong to another service: a load balancer. They are not moved. */
  readonly otherPorts: readonly ApiPort[];
  /** The tags of the interfaces of each server that has some, by its id. */
  readonly portTags: ReadonlyMap<string, PortTags>;
  /** The ports that join routers to subnets. */
  readonly interfaces: readonly ApiPort[];
  /** Those of the project, and others that rules of its groups name. */
  readonly addressGroups: readonly ApiAddressGroup[];
  readonly groups: readonly ApiSecurityGroup[];
  /** What the project may use of each service that tells it; none of a selection of servers. */
  readonly quotaSets: readonly { readonly id: QuotaService; readonly limits: QuotaLimits }[];
  /** Those that share something of the project. */
  readonly rbacPolicies: readonly ApiRbacPolicy[];
  /** Those of the project, and others that something of it has. */
  readonly qosPolicies: readonly ApiQosPolicy[];
  readonly floatingIps: readonly ApiFloatingIp[];
  /** What the floating IPs without a port forward to ports. */
  readonly forwardings: readonly Forwarding[];
  readonly flavors: readonly ApiFlavor[];
  /** Those that the servers were made from. */
  readonly images: readonly ApiImage[];
  /**
   * Those of the project that move, or may be chosen; they are read only where they are asked for.
   */
  readonly ownImages: readonly ApiImage[];
  /** The members of those that move. */
  readonly imageMembers: MembersOf;
  /** Whether snapshots of the volumes that move become volumes of their own. */
  readonly flattens: boolean;
  readonly keypairs: readonly ApiKeypair[];
  /** Snapshots of servers whose image is deleted; Nova gave them that image's properties. */
  readonly heirs: readonly ApiImage[];
  /** The project's server groups; null where the credentials may not read them. */
  readonly serverGroups: readonly ApiServerGroup[] | null;
  /** The kinds, in words, of which the cloud does not tell these credentials what there is. */
  readonly untold: readonly string[];
  /** The concerns about records that cannot be read. */
  readonly unreadable: readonly Concern[];
}

/** Devices whose ports one request lists; a URL has room for some dozens of ids. */
const batch = 40;

/**
 * Reads what a project has. External and shared networks of other projects are fetched one by one.
 */
export async function readContents(
  session: CloudSession,
  scope: Scope,
  chosen: readonly ApiServer[],
  signal: AbortSignal,
): Promise<Contents> {
  const unreadable: Concern[] = [];
  const whole = <T extends ApiThing>(kind: Parameters<typeof readable>[0], records: readonly T[]): readonly T[] => {
    const sorted = readable(kind, records);
    unreadable.push(...sorted.concerns);
    return sorted.whole;
  };
  const list = async <T extends ApiThing>(
    kind: Parameters<typeof readable>[0],
    path: string,
    key: string,
  ): Promise<readonly T[]> => {
    const query = { project_id: scope.projectId };
    return whole(kind, await listAll<T>(session, { service: 'network', path, key, query }, signal));
  };
  const servers = whole('server', chosen);
  const [networks, subnets, routers, groups, floatingIps, all] = await Promise.all([
    list<ApiNetwork>('network', '/networks', 'networks'),
    list<ApiSubnet>('subnet', '/subnets', 'subnets'),
    list<ApiRouter>('router', '/routers', 'routers'),
    list<ApiSecurityGroup>('security_group', '/security-groups', 'security_groups'),
    list<ApiFloatingIp>('floating_ip', '/floatingips', 'floatingips'),
    list<ApiPort>('port', '/ports', 'ports'),
  ]);
  const untold: string[] = [];
  const optional = async <T extends ApiThing>(
    kind: Parameters<typeof readable>[0],
    path: string,
    key: string,
  ): Promise<readonly T[]> => {
    const listed = await listOptional<T>(session, path, key, { project_id: scope.projectId }, signal);
    if (listed === null) untold.push(wordsOf(kind));
    return whole(kind, listed ?? []);
  };
  const trunks = await optional<ApiTrunk>('trunk', '/trunks', 'trunks');
  const subports = new Set(trunks.flatMap(({ sub_ports }) => sub_ports.map(({ port_id }) => port_id)));
  // Some drivers write the trunk into the device of a subport.
  const unplugged = all
    .map((port) => (subports.has(port.id) ? { ...port, device_id: '' } : port))
    .filter((port) => port.device_id === '' && !isOfNetwork(port));
  const ports = [...whole('port', await portsOf(session, servers, signal)), ...unplugged];
  const taken = new Set(unplugged.map(({ id }) => id));
  const otherPorts = all.filter((port) => !taken.has(port.id) && !isMadeByCloud(port));
  const interfaces = whole('port', await portsOf(session, routers, signal)).filter(isRouterLeg);
  const inUse = [...ports, ...interfaces];
  const networkIds = [
    ...inUse.map((port) => port.network_id),
    ...floatingIps.map((ip) => ip.floating_network_id),
    ...routers.flatMap((router) => router.external_gateway_info?.network_id ?? []),
  ];
  const foreign = await missing<ApiNetwork>(session, networks, networkIds, (id) => ['/networks', id, 'network'], signal);
  const subnetIds = inUse.flatMap((port) => port.fixed_ips.map((ip) => ip.subnet_id));
  const foreignSubnets = await missing<ApiSubnet>(session, subnets, subnetIds, (id) => ['/subnets', id, 'subnet'], signal);
  const groupIds = inUse.flatMap((port) => port.security_groups ?? []);
  const foreignGroups = await missing<ApiSecurityGroup>(
    session,
    groups,
    groupIds,
    (id) => ['/security-groups', id, 'security_group'],
    signal,
  );
  const allGroups = [...groups, ...foreignGroups];
  const addressGroups = await optional<ApiAddressGroup>('address_group', '/address-groups', 'address_groups');
  const addressGroupIds = allGroups.flatMap((group) =>
    group.security_group_rules.flatMap((rule) => rule.remote_address_group_id ?? []),
  );
  const foreignAddressGroups = await missing<ApiAddressGroup>(
    session,
    addressGroups,
    addressGroupIds,
    (id) => ['/address-groups', id, 'address_group'],
    signal,
  );
  const qosPolicies = await optional<ApiQosPolicy>('qos_policy', '/qos/policies', 'policies');
  const used = policyUsers({ scope, networks, ports, floatingIps, routers }).map(({ policy }) => policy);
  const foreignPolicies = await missing<ApiQosPolicy>(
    session,
    qosPolicies,
    used,
    (id) => ['/qos/policies', id, 'policy'],
    signal,
  );
  const forwardings = await readForwardings(session, floatingIps, signal);
  if (forwardings === null) untold.push(wordsOf('port_forwarding'));
  const portTags = await readPortTags(session, servers, signal);
  if (portTags === null) untold.push('tags of interfaces');
  return {
    scope,
    region: session.access.region ?? '',
    people: nobody,
    project: null,
    dns: noDns,
    networks: [...networks, ...foreign],
    addressScopes: await optional<ApiAddressScope>('address_scope', '/address-scopes', 'address_scopes'),
    subnetPools: await optional<ApiSubnetPool>('subnet_pool', '/subnetpools', 'subnetpools'),
    subnets: [...subnets, ...foreignSubnets],
    routers,
    ports,
    trunks,
    otherPorts: otherPorts.filter(({ id }) => !ports.some((port) => port.id === id)),
    portTags: portTags ?? new Map(),
    interfaces,
    addressGroups: [...addressGroups, ...foreignAddressGroups],
    groups: allGroups,
    quotaSets: await readQuotaSets(session, scope, signal),
    rbacPolicies: await readRbac(session, scope, untold, signal),
    qosPolicies: [...qosPolicies, ...foreignPolicies],
    floatingIps,
    forwardings: forwardings ?? [],
    ...(await readCompute(session, scope, servers, signal)),
    ...(await readVolumes(session, scope, servers, signal)),
    ownImages: [],
    imageMembers: new Map(),
    flattens: false,
    untold,
    unreadable: [...new Map(unreadable.map((one) => [one.about, one])).values()],
  };
}

async function readQuotaSets(session: CloudSession, { projectId }: Scope, signal: AbortSignal): Promise<Contents['quotaSets']> {
  const all = await Promise.all(
    quotaServices.map(async (id) => ({ id, limits: await readLimits(session, id, projectId, signal) })),
  );
  return all.flatMap(({ id, limits }) => (limits === null ? [] : [{ id, limits }]));
}

/** An admin sees also those that others made of what the project owns. */
async function readRbac(
  session: CloudSession,
  { projectId, admin }: Scope,
  untold: string[],
  signal: AbortSignal,
): Promise<readonly ApiRbacPolicy[]> {
  const query = admin ? {} : { project_id: projectId };
  const all = await listOptional<ApiRbacPolicy>(session, '/rbac-policies', 'rbac_policies', query, signal);
  if (all === null) untold.push(wordsOf('rbac_policy'));
  return all ?? [];
}

function isOfNetwork({ device_owner }: ApiPort): boolean {
  return device_owner.startsWith('network:');
}

/**
 * Whether the cloud makes the port anew: those of DHCP, metadata, routers and floating IPs
 * (neutron_lib/constants.py, DEVICE_OWNER_*). The legs of routers are captured as interfaces.
 */
function isMadeByCloud({ device_owner }: ApiPort): boolean {
  return /^network:(dhcp|distributed|router_|ha_router_|floatingip)/.test(device_owner);
}

async function portsOf(
  session: CloudSession,
  devices: readonly { readonly id: string }[],
  signal: AbortSignal,
): Promise<ApiPort[]> {
  const ports: ApiPort[] = [];
  for (let start = 0; start < devices.length; start += batch) {
    const query = { device_id: devices.slice(start, start + batch).map((device) => device.id) };
    ports.push(...(await listAll<ApiPort>(session, { service: 'network', path: '/ports', key: 'ports', query }, signal)));
  }
  return ports;
}

async function missing<T extends { readonly id: string }>(
  session: CloudSession,
  have: readonly T[],
  wanted: readonly string[],
  where: (id: string) => readonly [path: string, id: string, key: string],
  signal: AbortSignal,
): Promise<T[]> {
  const known = new Set(have.map((one) => one.id));
  const found: T[] = [];
  for (const id of new Set(wanted)) {
    if (known.has(id)) continue;
    const [path, , key] = where(id);
    const { status, body } = await session.call({
      method: 'GET',
      service: 'network',
      path: `${path}/${id}`,
      tolerate: [403, 404],
      signal,
    });
    if (status === 200) found.push(partOf<T>(body, key, `GET ${path}/${id}`));
  }
  return found;
}

async function readCompute(
  session: CloudSession,
  scope: Scope,
  servers: readonly ApiServer[],
  signal: AbortSignal,
): Promise<Pick<Contents, 'servers' | 'serverGroups' | 'flavors' | 'images' | 'heirs' | 'keypairs'>> {
  const query = scope.admin ? { is_public: 'none' } : {};
  const flavors = await listAll<ApiFlavor>(
    session,
    { service: 'compute', path: '/flavors/detail', key: 'flavors', query },
    signal,
  );
  const images: ApiImage[] = [];
  const heirs: ApiImage[] = [];
  for (const id of new Set(servers.flatMap((server) => (bootsFromVolume(server) || !server.image ? [] : [server.image.id])))) {
    const { status, body } = await session.call({
      method: 'GET',
      service: 'image',
      path: `/images/${id}`,
      tolerate: [403, 404],
      signal,
    });
    if (status === 200) images.push(thingOf<ApiImage>(body, `GET /images/${id}`));
    else heirs.push(...(await heirsOf(session, id, signal)));
  }
  const keypairs = await readKeypairs(session, scope, servers, signal);
  const serverGroups = await readServerGroups(session, scope, signal);
  const grouped = servers.map((server) => ({
    ...server,
    server_groups: (serverGroups ?? []).filter(({ members }) => members.includes(server.id)).map(({ id }) => id),
  }));
  return { servers: grouped, serverGroups, flavors, images, heirs, keypairs };
}

/**
 * The snapshots of servers made from an image. Nova copies its id and properties to each
 * (nova/compute/utils.py).
 */
function heirsOf(session: CloudSession, image: string, signal: AbortSignal): Promise<ApiImage[]> {
  const query = { base_image_ref: image };
  return listAll<ApiImage>(session, { service: 'image', path: '/images', key: 'images', query }, signal);
}

/** Reads the project's server groups by list, because Nova shows them only for a single server. */
async function readServerGroups(session: CloudSession, scope: Scope, signal: AbortSignal): Promise<Contents['serverGroups']> {
  const groups = await listServerGroups(session, scope.own ? {} : { all_projects: true }, signal);
  return groups?.filter(({ project_id }) => project_id === undefined || project_id === scope.projectId) ?? null;
}

/**
 * Keypairs belong to users. Those that servers use are read, of other users as an admin; and those
 * of our own user that no server uses, unless another user's of that name is used.
 */
async function readKeypairs(
  session: CloudSession,
  scope: Scope,
  servers: readonly ApiServer[],
  signal: AbortSignal,
): Promise<ApiKeypair[]> {
  const { userId } = await session.token(signal);
  const wanted = new Map<string, { name: string; user: string }>();
  for (const { key_name: name, user_id: user } of servers) if (name) wanted.set(`${user}/${name}`, { name, user });
  const used = new Set([...wanted.values()].map(({ name }) => name));
  // Where an admin reads another project, our user's are not that project's.
  const own = new Map((scope.own ? await listKeypairs(session, signal) : []).map((pair) => [pair.name, pair]));
  for (const name of own.keys()) if (!used.has(name)) wanted.set(`${userId}/${name}`, { name, user: userId });
  const found: ApiKeypair[] = [];
  for (const { name, user } of wanted.values()) {
    const listed = user === userId ? own.get(name) : undefined;
    if (listed !== undefined) {
      found.push({ ...listed, user_id: user });
      continue;
    }
    const path = `/os-keypairs/${encodeURIComponent(name)}`;
    const query = user === userId ? {} : { user_id: user };
    const { status, body } = await session.call({
      method: 'GET',
      service: 'compute',
      path,
      query,
      tolerate: [400, 403, 404],
      signal,
    });
    if (status === 200) found.push({ ...partOf<ApiKeypair>(body, 'keypair', `GET ${path}`), user_id: user });
  }
  return found;
}
