import { inBuildOrder } from '../model/build-order.ts';
import type { Concern, Decision } from '../model/concern.ts';
import { type Configurations, groupByKind, resourcesOf } from '../model/configurations.ts';
import { wordsOf } from '../model/kind-words.ts';
import { type CarriedIfAsked, carriedIfAsked, type Mappings, withCarried } from '../model/mappings.ts';
import { freedOfPolicy } from '../model/qos-user.ts';
import { type Kind, kindOf, type Ref, type Resource, refOf } from '../model/resource.ts';

/** What it costs that a destination cannot build a kind: what becomes of the servers. */
interface UnsupportedCost {
  readonly severity: Concern['severity'];
  readonly costs: string;
}

/**
 * One row per kind: blocking where no server can be built without it. An image that is only a
 * reference is built by no destination, and costs nothing.
 */
const costOf: Readonly<Record<Kind, UnsupportedCost>> = {
  image: { severity: 'blocking', costs: 'plan without images (`--without-images`)' },
  project: { severity: 'warning', costs: 'the project has the description and tags that the destination gives it' },
  quota_set: { severity: 'warning', costs: 'the project has the quotas that the destination gives it' },
  qos_policy: { severity: 'warning', costs: 'nothing limits or marks the traffic of what has them' },
  network: { severity: 'blocking', costs: 'servers have nothing to be connected to' },
  address_scope: { severity: 'warning', costs: 'subnet pools are built without them, and routers translate between all subnets' },
  subnet_pool: { severity: 'warning', costs: 'subnets are built with their ranges, of no pool' },
  subnet: { severity: 'blocking', costs: 'servers have no addresses' },
  router: { severity: 'warning', costs: 'no network is joined to another, or to the outside' },
  gateway: { severity: 'warning', costs: 'no network is joined to the outside' },
  interface: { severity: 'warning', costs: 'no network is joined to its router' },
  routes: { severity: 'warning', costs: 'what lies behind them is not reached' },
  address_group: { severity: 'warning', costs: 'rules that name them are left out, and servers let in less' },
  security_group: { severity: 'warning', costs: 'nothing filters what reaches the servers' },
  security_group_rule: { severity: 'warning', costs: 'groups allow what they allow when new' },
  role_assignment: { severity: 'warning', costs: 'users and groups get no roles in the project' },
  rbac_policy: { severity: 'warning', costs: 'nothing of the project is shared with others' },
  dns_zone: { severity: 'warning', costs: 'names are answered by the source alone' },
  dns_record_set: { severity: 'warning', costs: 'the zones have no records' },
  port: { severity: 'blocking', costs: 'servers cannot keep their MACs and addresses' },
  trunk: { severity: 'warning', costs: 'the VLANs that guests have on a port lead nowhere' },
  floating_ip: { severity: 'warning', costs: 'servers are reached at their fixed addresses only' },
  port_forwarding: { severity: 'warning', costs: 'what they forward is not reached from outside' },
  keypair: { severity: 'warning', costs: 'servers are made without a key name; guests keep the keys on their disks' },
  server_group: { severity: 'warning', costs: 'servers are placed on hosts without regard to each other' },
  flavor: { severity: 'warning', costs: 'servers are made by their own vCPUs and memory, without extra specs' },
  disk: { severity: 'blocking', costs: 'servers have nothing to boot from' },
  volume: { severity: 'blocking', costs: 'servers lose what is on them' },
  server: { severity: 'blocking', costs: 'nothing is moved' },
};

/** What some resources come to at a destination that builds only some kinds. */
export interface Supported {
  /** What can be built; none of it needs what is left out. */
  readonly resources: readonly Resource[];
  /** One skip for each resource that is left out. */
  readonly decisions: readonly Decision[];
  /** One concern for each kind that is left out. */
  readonly concerns: readonly Concern[];
}

/** Leaves out what a destination cannot build, and whatever cannot be without that. */
export function supportedPart(resources: readonly Resource[], kinds: ReadonlySet<Kind>): Supported {
  const refsOf = (some: readonly Resource[]): Set<Ref> => new Set(some.map(({ kind, id }) => refOf(kind, id)));
  const references = refsOf(resources.filter(isReference));
  const ofImages = refsOf(resources.filter(isOfImage));
  const skips = new Map<Ref, string>();
  const built = new Map<Ref, Resource>();
  for (const resource of inBuildOrder(resources)) {
    const ref = refOf(resource.kind, resource.id);
    const freed = freedFrom(resource, kinds);
    const why = whyLeftOut(freed, kinds, skips);
    if (why === null) built.set(ref, freed);
    else skips.set(ref, why);
  }
  const inOrder = resources.map(({ kind, id }) => refOf(kind, id));
  return {
    resources: inOrder.flatMap((ref) => built.get(ref) ?? []),
    decisions: inOrder.flatMap((ref) => {
      const why = skips.get(ref);
      return why === undefined ? [] : [{ ref, action: 'skip' as const, why }];
    }),
    concerns: concernsOf([...skips.keys()].filter((ref) => !references.has(ref) && !ofImages.has(ref))),
  };
}

/**
 * A document without what a destination cannot build; the images stay, for they only say what
 * servers were made from.
 */
export function supportedDocument(document: Configurations, kinds: ReadonlySet<Kind>): Configurations {
  const { resources } = supportedPart(resourcesOf(document), kinds);
  const images = document.images.map((image) => ({ kind: 'image' as const, ...image })).filter(isReference);
  // A receiver of an earlier release refuses a mapping that it does not know.
  const isKnown = (name: CarriedIfAsked): boolean => kinds.has(carriedIfAsked[name]);
  const unknown = [
    ...(kinds.has('role_assignment') ? [] : ['users', 'groups']),
    ...(kinds.has('dns_zone') ? [] : ['dns_zones', 'dns_addresses']),
  ];
  const entries = Object.entries(document.mappings).filter(([name]) => !unknown.includes(name));
  const known = Object.fromEntries(entries) as Mappings;
  const mappings = withCarried(known, (name) => document.mappings[name] === 'carry' && isKnown(name));
  return { ...document, mappings, ...groupByKind([...resources, ...images]) };
}

/**
 * A resource without what it can do without: a server needs no flavor, no keypair and no server
 * group to be built, a port no security group, a subnet no pool, a pool no address scope, and
 * nothing a QoS policy.
 */
function freedFrom(whole: Resource, kinds: ReadonlySet<Kind>): Resource {
  const resource = freedOfPolicy(whole, () => kinds.has('qos_policy'));
  if (resource.kind === 'server')
    return {
      ...resource,
      needs: neededOf(resource, kinds, ['flavor', 'keypair', 'server_group']),
      key_name: kinds.has('keypair') ? resource.key_name : null,
      server_group_id: kinds.has('server_group') ? resource.server_group_id : null,
    };
  if (resource.kind === 'port')
    return {
      ...resource,
      needs: neededOf(resource, kinds, ['security_group']),
      security_groups: kinds.has('security_group') ? resource.security_groups : [],
    };
  if (resource.kind === 'subnet' && !kinds.has('subnet_pool'))
    return { ...resource, needs: neededOf(resource, kinds, ['subnet_pool']), subnetpool_id: null };
  if (resource.kind === 'subnet_pool' && !kinds.has('address_scope'))
    return { ...resource, needs: neededOf(resource, kinds, ['address_scope']), address_scope_id: null };
  return resource;
}

function neededOf({ needs }: Resource, kinds: ReadonlySet<Kind>, spared: readonly Kind[]): Ref[] {
  return needs.filter((ref) => kinds.has(kindOf(ref)) || !spared.includes(kindOf(ref)));
}

/** Whether a resource is the stored bytes of an image, which move with it or not at all. */
function isOfImage(resource: Resource): boolean {
  return resource.kind === 'disk' && resource.image_id !== null;
}

/** Whether a resource is only what servers were made from. */
function isReference(resource: Resource): boolean {
  return resource.kind === 'image' && resource.disk_id === null;
}

function whyLeftOut(resource: Resource, kinds: ReadonlySet<Kind>, skips: ReadonlyMap<Ref, string>): string | null {
  const { kind, needs } = resource;
  if (isReference(resource)) return 'a server comes with its own disk; the image it was made from is not moved';
  if (isOfImage(resource) && !kinds.has('image')) return `the destination has no ${wordsOf('image')}`;
  if (!kinds.has(kind)) return `the destination has no ${wordsOf(kind)}`;
  const missing = needs.find((ref) => skips.has(ref));
  return missing === undefined ? null : `it needs ${missing}, which is left out`;
}

function concernsOf(leftOut: readonly Ref[]): Concern[] {
  return Object.entries(costOf).flatMap(([kind, { severity, costs }]) => {
    const count = leftOut.filter((ref) => kindOf(ref) === kind).length;
    if (count === 0) return [];
    const remedy = severity === 'blocking' ? 'Choose another destination.' : 'Nothing, if the tenant can do without.';
    const says = `The destination cannot build the ${wordsOf(kind)} of the source (${count}): ${costs}.`;
    return [{ code: `${kind}.unsupported`, severity, says, remedy }];
  });
}
