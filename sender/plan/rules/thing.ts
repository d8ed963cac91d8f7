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
export function refOfThing({ maps, key }: MappableThing): string {
  return maps === 'volume_type' ? `volume_type/${key}` : refOf(maps, key);
}

/** Everything of a document that rules can map, in the order of the document. */
export function thingsOf(document: Configurations): MappableThing[] {
  const { flavors, networks, routers, security_groups, volumes, servers } = document;
  const types = Map.groupBy(
    volumes.filter(({ volume_type }) => volume_type !== null),
    ({ volume_type }) => volume_type ?? '',
  );
  return [
    ...flavors.map((flavor) => {
      const { vcpus, ram, disk } = flavor;
      return { ...plain('flavor', flavor), vcpus, memory_gib: ram / 1024, disk_gib: disk };
    }),
    ...networks.map((network) => plain('network', network)),
    ...routers.map((router) => plain('router', router)),
    ...security_groups.map((group) => plain('security_group', group)),
    ...[...types].map(([name, those]) => ({
      ...plain('volume_type', { id: name, name }),
      type: name,
      size_gib: Math.max(...those.map(({ size }) => size)),
    })),
    ...servers.map((server) => ({
      ...plain('server', server),
      zone: server.availability_zone,
      ...sizeOf(server, document),
    })),
  ];
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
