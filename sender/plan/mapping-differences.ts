import { wordOf } from '../../shared/model/kind-words.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import type { Plan } from '../model/plan.ts';

/** The parts of the mappings that `sender plan` proposes, and the kind that each is of. */
const proposed = {
  flavors: 'flavor',
  networks: 'network',
  qos_policies: 'qos_policy',
  routers: 'router',
  address_scopes: 'address_scope',
  subnet_pools: 'subnet_pool',
  address_groups: 'address_group',
  security_groups: 'security_group',
  ports: 'port',
  trunks: 'trunk',
  server_groups: 'server_group',
  dns_zones: 'dns_zone',
  projects: 'rbac_policy',
  gateways: 'gateway',
  floating_ips: 'floating_ip',
} as const;

type MappingPart = keyof typeof proposed;
type Entry = NonNullable<Mappings[MappingPart]>[string];

/** How the mappings of a plan differ from those that are proposed now, one line for each. */
export function mappingDifferences({ mappings, waves }: Plan, fresh: Mappings): string[] {
  const names = new Map(waves.flatMap(({ servers }) => servers.map(({ id, name = id }) => [id, name])));
  const zones = Object.entries(mappings.servers ?? {}).map(
    ([id, { name, availability_zone }]) =>
      `server ${name ?? names.get(id) ?? id}: in the zone ${availability_zone} by the plan, where the scheduler puts it if it were made now`,
  );
  const accepted = (mappings.accept ?? []).map((text) => `accept ${text}: in the plan, and never in a new one`);
  const parts = Object.keys(proposed) as MappingPart[];
  return [...parts.flatMap((part) => ofPart(part, mappings[part] ?? {}, fresh[part] ?? {})), ...zones, ...accepted];
}

function ofPart(part: MappingPart, said: Readonly<Record<string, Entry>>, fresh: Readonly<Record<string, Entry>>): string[] {
  const ids = [...new Set([...Object.keys(said), ...Object.keys(fresh)])];
  return ids.flatMap((id) => {
    const here = targetOf(said[id]);
    const now = targetOf(fresh[id]);
    if (here === now) return [];
    const what = `${wordOf(proposed[part])} ${nameOf(said[id] ?? fresh[id], id)}`;
    return [`${what}: ${here ?? 'not mapped'} in the plan, ${now ?? 'not needed or without a counterpart'} if it were made now`];
  });
}

function targetOf(entry: Entry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  return 'to' in entry ? entry.to : entry.ip;
}

function nameOf(entry: Entry | undefined, id: string): string {
  if (entry === undefined) return id;
  return ('address' in entry ? entry.address : 'name' in entry ? entry.name : undefined) ?? id;
}
