import { canonicalCidr } from '../../../ip.ts';
import { type Mappings, mappedTo } from '../../../model/mappings.ts';
import type { ProjectTexts } from '../../../model/project.ts';
import type { Kind, Ref, Resource, ResourceOf } from '../../../model/resource.ts';
import type {
  ApiAvailability,
  ApiFlavor,
  ApiFloatingIp,
  ApiKeypair,
  ApiNetwork,
  ApiPort,
  ApiPortForwarding,
  ApiRbacPolicy,
  ApiRouter,
  ApiSecurityGroup,
  ApiServerGroup,
  ApiSubnet,
  ApiVolumeType,
} from '../api.ts';
import type { Attribute } from '../attributes/attribute.ts';
import { neededExtensions, routingAgents } from '../attributes/extensions.ts';
import { tables } from '../attributes/tables.ts';
import { defaultGroup } from '../builders/default-group.ts';
import { meantBy, type Owned } from '../builders/existing.ts';
import { listFlavors } from '../builders/flavor.ts';
import { mappedNetwork } from '../builders/network.ts';
import { projectTexts } from '../builders/project.ts';
import { limitsOf } from '../builders/quota-set.ts';
import { flagChangeable, sharedAttachable } from '../builders/server-volumes.ts';
import type { Site } from '../builders/site.ts';
import { type DnsThere, readDnsThere } from '../dns/there.ts';
import { listKeypairs } from '../facts/facts.ts';
import { type ImageFormats, readImageFormats, untoldFormats } from '../facts/image-formats.ts';
import { type QosThere, readQos } from '../facts/qos.ts';
import { readQuotas } from '../facts/quotas.ts';
import { listZones, type Zone } from '../facts/zones.ts';
import type { QuotaLimits } from '../limits.ts';
import { listServerGroups } from '../servers/server-groups.ts';
import { partOf } from '../session/answer.ts';
import { isAdmin } from '../session/token.ts';
import { listTypes, listVolumeZones } from '../volumes/places.ts';
import { readAdoptedForwardings } from './adopted-floating.ts';
import { type AssignmentThere, readAssignments } from './assignments.ts';
import { type FurtherKind, type FurtherTarget, readTargets, type Targets } from './targets.ts';

/** What the destination tells before anything is written there. */
export interface DestinationState {
  readonly projectId: string;
  /** Its description and tags; read only if the plan has those of the source. */
  readonly project: ProjectTexts | null;
  /** Of the plan's role assignments; null where the credentials may not see them. */
  readonly assignments: ReadonlyMap<Ref, AssignmentThere> | null;
  readonly dns: DnsThere;
  /** Whose credentials they are. */
  readonly userName: string;
  readonly admin: boolean;
  /** What the receiver's configuration lets senders have done. */
  readonly allow: Site['allow'];
  readonly flavors: readonly ApiFlavor[];
  readonly networks: readonly ApiNetwork[];
  readonly subnets: readonly ApiSubnet[];
  /** Read only where the plan maps to some. */
  readonly routers: readonly ApiRouter[];
  readonly groups: readonly ApiSecurityGroup[];
  /** What the plan maps to one of, of further kinds: everything that the credentials may read. */
  readonly targets: Targets;
  /** By service: what the project may use; read only if the plan has those of the source. */
  readonly limits: Readonly<Record<string, QuotaLimits>>;
  /** Read only if the plan has some. */
  readonly rbacPolicies: readonly ApiRbacPolicy[];
  /** Read only if the plan has QoS policies. */
  readonly qos: QosThere;
  /** The ports on mapped networks that the credentials may read. */
  readonly ports: readonly ApiPort[];
  /** The ports that the cloud made on networks of the project: of DHCP agents, and OVN's own. */
  readonly cloudPorts: readonly ApiPort[];
  readonly floatingIps: readonly ApiFloatingIp[];
  /** What those forward that are adopted, and in which the plan has port forwardings. */
  readonly forwardings: ReadonlyMap<string, readonly ApiPortForwarding[]>;
  readonly keypairs: readonly Pick<ApiKeypair, 'name' | 'public_key'>[];
  /** Null where the credentials may not list them; read only if the plan has some. */
  readonly serverGroups: readonly ApiServerGroup[] | null;
  readonly defaultGroup: ApiSecurityGroup;
  /**
   * Neutron extensions and Nova microversions that an attribute or a name needs and the destination
   * lacks.
   */
  readonly lacks: ReadonlySet<string>;
  /** The format in which disks are registered, and how many are uploaded at once. */
  readonly diskFormat: Site['diskFormat'];
  readonly uploads: number;
  /** Read only if images move. */
  readonly imageFormats: ImageFormats;
  /** Read only if the plan wants one, or has server groups. */
  readonly zones: readonly Zone[];
  /** Null where there is no Cinder; read only if there are volumes, as are its zones. */
  readonly volumeTypes: readonly ApiVolumeType[] | null;
  readonly volumeZones: readonly string[];
  readonly quotas: Readonly<Record<string, { readonly limit: number; readonly used: number }>>;
  /** The addresses of networks, as far as an admin is told. */
  readonly availability: readonly ApiAvailability[];
}

/**
 * The input of the rules: the wanted resources and the destination. Read once, so that all rules
 * see the same state.
 */
export interface PreflightView extends DestinationState {
  readonly mappings: Mappings;
  of<K extends Kind>(kind: K): readonly ResourceOf<K>[];
  /**
   * The existing network for a source network: null if it will be created, undefined if it is
   * missing.
   */
  network(id: string): ApiNetwork | null | undefined;
  /** The same for a port, a router, a security group, and each of further kinds. */
  port(id: string): ApiPort | null | undefined;
  router(id: string): ApiRouter | null | undefined;
  target<K extends FurtherKind>(kind: K, id: string): FurtherTarget[K] | null | undefined;
  group(id: string): ApiSecurityGroup | null | undefined;
}

/** Reads the destination. MUST NOT write. */
export async function readView(
  site: Site,
  resources: readonly Resource[],
  mappings: Mappings,
  signal: AbortSignal,
): Promise<PreflightView> {
  return viewOf(await readDestination(site, resources, mappings, signal), resources, mappings);
}

async function readDestination(
  site: Site,
  resources: readonly Resource[],
  mappings: Mappings,
  signal: AbortSignal,
): Promise<DestinationState> {
  const token = await site.session.token(signal);
  const networks = await site.network<ApiNetwork>('/networks', 'networks', {}, signal);
  const routers = mappings.routers === undefined ? [] : await site.network<ApiRouter>('/routers', 'routers', {}, signal);
  const groups =
    mappings.security_groups === undefined
      ? []
      : await site.network<ApiSecurityGroup>('/security-groups', 'security_groups', {}, signal);
  const targets = resources.flatMap(({ kind, id }) =>
    kind === 'network' ? (named(token.projectId, networks, mappedNetwork(mappings, id) ?? '') ?? []) : [],
  );
  const ports: ApiPort[] = [];
  for (const { id } of new Set(targets))
    ports.push(...(await site.network<ApiPort>('/ports', 'ports', { network_id: id }, signal)));
  const { projectId } = token;
  const floatingIps = await site.network<ApiFloatingIp>('/floatingips', 'floatingips', {}, signal);
  const own = { project_id: projectId, device_owner: cloudOwners };
  const admin = isAdmin(token);
  const hasGroups = resources.some(({ kind }) => kind === 'server_group');
  const hasImages = resources.some((one) => one.kind === 'image' && one.disk_id !== null);
  const hasRbac = resources.some(({ kind }) => kind === 'rbac_policy') && (await site.offers('rbac-policies', signal));
  const hasVolumes = resources.some(({ kind }) => kind === 'volume') && (await site.session.has('volume', signal));
  return {
    projectId,
    project: resources.some(({ kind }) => kind === 'project') ? await projectTexts(site, signal) : null,
    assignments: await readAssignments(site, resources, mappings, signal),
    dns: await readDnsThere(site.session, resources, mappings, signal),
    userName: token.userName,
    admin,
    allow: site.allow,
    networks,
    routers,
    targets: await readTargets(site, mappings, signal),
    groups,
    limits: await readAllLimits(site, resources, signal),
    rbacPolicies: hasRbac ? await site.network<ApiRbacPolicy>('/rbac-policies', 'rbac_policies', {}, signal) : [],
    qos: resources.some(({ kind }) => kind === 'qos_policy') ? await readQos(site, signal) : { types: null, own: [] },
    ports,
    cloudPorts: await site.network<ApiPort>('/ports', 'ports', own, signal),
    flavors: await listFlavors(site, signal),
    subnets: await site.network<ApiSubnet>('/subnets', 'subnets', {}, signal),
    floatingIps,
    forwardings: await readAdoptedForwardings(site, { projectId, floatingIps }, resources, mappings, signal),
    keypairs: await listKeypairs(site.session, signal),
    serverGroups: hasGroups ? await listServerGroups(site.session, {}, signal) : [],
    defaultGroup: await defaultGroup(site, signal),
    lacks: await lackOf(site, signal),
    diskFormat: site.diskFormat,
    uploads: site.uploadsAtOnce,
    imageFormats: hasImages ? await readImageFormats(site.session, signal) : untoldFormats,
    zones: mappings.servers === undefined && !hasGroups ? [] : await listZones(site.session, admin, signal),
    volumeTypes: hasVolumes ? await listTypes(site.session, signal) : null,
    volumeZones: hasVolumes ? await listVolumeZones(site.session, signal) : [],
    quotas: await readQuotas(site.session, signal),
    availability: admin ? await readAvailability(site, signal) : [],
  };
}

/** The limits of each service of which the plan has those of the source. */
async function readAllLimits(
  site: Site,
  resources: readonly Resource[],
  signal: AbortSignal,
): Promise<DestinationState['limits']> {
  const ids = resources.flatMap(({ kind, id }) => (kind === 'quota_set' ? id : []));
  const all = await Promise.all(ids.map(async (id) => [id, (await limitsOf(site, id, signal)) ?? {}] as const));
  return Object.fromEntries(all);
}

/** In one page: Neutron cannot cut this list, whose records have no id. A policy may refuse it. */
async function readAvailability(site: Site, signal: AbortSignal): Promise<readonly ApiAvailability[]> {
  const path = '/network-ip-availabilities';
  const call = { method: 'GET', service: 'network', path, tolerate: [403, 404], signal } as const;
  const { status, body } = await site.session.call(call);
  return status === 200 ? partOf<readonly ApiAvailability[]>(body, 'network_ip_availabilities', `GET ${path}`) : [];
}

/** The wanted resources beside a destination, as a plan maps them. */
export function viewOf(destination: DestinationState, resources: readonly Resource[], mappings: Mappings): PreflightView {
  const { projectId, networks, routers, targets, groups, ports } = destination;
  const target = <T extends OwnedAndNamed>(all: readonly T[], to: string | null): T | null | undefined =>
    to === null ? null : named(projectId, all, to);
  return {
    ...destination,
    mappings,
    of: <K extends Kind>(kind: K) => resources.filter((one): one is Resource & ResourceOf<K> => one.kind === kind),
    network: (id) => target(networks, mappedNetwork(mappings, id)),
    port: (id) => target(ports, mappedTo(mappings, 'ports', id)),
    router: (id) => target(routers, mappedTo(mappings, 'routers', id)),
    target: (kind, id) => target(targets[kind] ?? [], mappedTo(mappings, kind, id)),
    group: (id) => target(groups, mappedTo(mappings, 'security_groups', id)),
  };
}

/** The subnet of a network of the destination that has the addresses of one of the source. */
export function subnetThere(view: PreflightView, network: ApiNetwork, { cidr }: ResourceOf<'subnet'>): ApiSubnet | undefined {
  return view.subnets.find((one) => one.network_id === network.id && canonicalCidr(one.cidr) === canonicalCidr(cidr));
}

/** The owners of ports that the cloud makes on every network. */
const cloudOwners = ['network:dhcp', 'network:distributed'];

type OwnedAndNamed = Owned & { readonly name: string };

function named<T extends OwnedAndNamed>(project: string, all: readonly T[], to: string): T | undefined {
  const byId = all.find((one) => one.id === to);
  if (byId !== undefined) return byId;
  const namesakes = all.filter(({ name }) => name === to);
  return meantBy(project, namesakes).at(0);
}

/** The first microversion in which names of keypairs may contain `@` and dots. */
export const freeKeyNames = '2.92';

function needsOf({ needs, values = [] }: Attribute): string[] {
  return [...(needs === undefined ? [] : [needs]), ...values.map((one) => one.needs)];
}

async function lackOf(site: Site, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const needs = new Set([
    freeKeyNames,
    flagChangeable,
    sharedAttachable,
    routingAgents,
    ...neededExtensions,
    ...Object.values(tables).flatMap((table) => table.flatMap(needsOf)),
  ]);
  const lacks = new Set<string>();
  for (const need of needs) if (!(await site.offers(need, signal))) lacks.add(need);
  return lacks;
}
