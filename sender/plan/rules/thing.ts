import type { Configurations } from '../../../shared/model/configurations.ts';
import { refOf } from '../../../shared/model/resource.ts';
import type { RuleMeasure, RuleTarget } from '../../model/rule.ts';

/** What rules see of something that can be mapped. Sizes: GiB. */
export interface MappableThing extends Readonly<Partial<Record<RuleMeasure, number | undefined>>> {
  readonly maps: RuleTarget;
  /** The key under which the plan maps it: its id, or the name of a volume type. */
  readonly key: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly zone: string;
  readonly type: string;
}

/** How a thing is named in commands and sentences: `flavor/6f…`, `volume_type/ssd`. */
export function refOfThing({ maps, key }: Pick<MappableThing, 'maps' | 'key'>): string {
  return `${maps}/${key}`;
}

/** What a thing is, and its key, by how it is named. */
export function partsOf(ref: string): Pick<MappableThing, 'maps' | 'key'> {
  const at = ref.indexOf('/');
  return { maps: ref.slice(0, at) as RuleTarget, key: ref.slice(at + 1) };
}

/** The flavors of a document, with their sizes. */
export function flavorThings({ flavors }: Configurations): MappableThing[] {
  return flavors.map((flavor) => {
    const { vcpus, ram, disk } = flavor;
    return { ...plain('flavor', flavor), vcpus, memory_gib: ram / 1024, disk_gib: disk };
  });
}

/** The networks of a document, the external ones too. */
export function networkThings({ networks }: Configurations): MappableThing[] {
  return networks.map((network) => plain('network', network));
}

/** The routers of a document. */
export function routerThings({ routers }: Configurations): MappableThing[] {
  return routers.map((router) => plain('router', router));
}

/** The security groups of a document. */
export function securityGroupThings({ security_groups }: Configurations): MappableThing[] {
  return security_groups.map((group) => plain('security_group', group));
}

/** The types of the volumes of a document, each once, with the largest volume of it. */
export function volumeTypeThings({ volumes }: Configurations): MappableThing[] {
  const types = Map.groupBy(
    volumes.filter(({ volume_type }) => volume_type !== null),
    ({ volume_type }) => volume_type ?? '',
  );
  return [...types].map(([name, those]) => ({
    ...plain('volume_type', { id: name, name }),
    type: name,
    size_gib: Math.max(...those.map(({ size }) => size)),
  }));
}

/** The servers of a document, by their zone and size. */
export function serverThings(document: Configurations): MappableThing[] {
  return document.servers.map((server) => ({
    ...plain('server', server),
    zone: server.availability_zone,
    ...sizeOf(server, document),
  }));
}

/** The users who have roles in the project, each once. */
export function userThings({ role_assignments }: Configurations): MappableThing[] {
  return holders(role_assignments, 'user');
}

/** The groups that have roles in the project, each once. */
export function groupThings({ role_assignments }: Configurations): MappableThing[] {
  return holders(role_assignments, 'group');
}

/**
 * The projects with which something of the project is shared, each once. A document knows them by
 * their ids alone; `*` is every project.
 */
export function projectThings({ rbac_policies, images }: Configurations): MappableThing[] {
  const shared = rbac_policies.map(({ target_project }) => target_project);
  const members = images.flatMap((image) => image.members.map(({ project }) => project));
  return [...new Set([...shared, ...members])].map((id) => plain('project', { id, name: id }));
}

function holders(assignments: Configurations['role_assignments'], maps: 'user' | 'group'): MappableThing[] {
  const held = assignments.filter(({ holder }) => holder === maps);
  const names = new Map(held.map(({ holder_id, holder_name }) => [holder_id, holder_name]));
  return [...names].map(([id, name]) => plain(maps, { id, name }));
}

function plain(
  maps: RuleTarget,
  { id, name, tags = [] }: { readonly id: string; readonly name: string; readonly tags?: readonly string[] },
): MappableThing {
  return { maps, key: id, name, tags, zone: '', type: '' };
}

/** The size of a server, by itself or by its flavor; its largest volume. */
function sizeOf({ flavor_id, vcpus, memory_mib, volumes }: Configurations['servers'][number], document: Configurations) {
  const flavor = document.flavors.find(({ id }) => id === flavor_id);
  const own = volumes.flatMap(({ volume_id }) => document.volumes.filter(({ id }) => id === volume_id));
  const cpus = vcpus ?? flavor?.vcpus;
  const memory = memory_mib ?? flavor?.ram;
  return {
    ...(cpus === undefined ? {} : { vcpus: cpus }),
    ...(memory === undefined ? {} : { memory_gib: memory / 1024 }),
    ...(flavor === undefined ? {} : { disk_gib: flavor.disk }),
    ...(own.length === 0 ? {} : { size_gib: Math.max(...own.map(({ size }) => size)) }),
  };
}

/** The things that a server needs, and itself; the thing alone for any other. */
export function thingsAround(ref: string, document: Configurations): ReadonlySet<string> {
  const server = document.servers.find(({ id }) => refOf('server', id) === ref);
  if (server === undefined) return new Set([ref]);
  const ports = document.ports.filter(({ id }) => server.ports.includes(id));
  const types = server.volumes.flatMap(({ volume_id }) =>
    document.volumes.flatMap(({ id, volume_type }) => (id === volume_id && volume_type !== null ? [volume_type] : [])),
  );
  return new Set([
    ref,
    refOf('flavor', server.flavor_id),
    ...ports.map(({ network_id }) => refOf('network', network_id)),
    ...ports.flatMap(({ security_groups }) => security_groups.map((id) => refOf('security_group', id))),
    ...types.map((name) => `volume_type/${name}`),
  ]);
}
