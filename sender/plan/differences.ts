import type { Configurations } from '../../shared/model/configurations.ts';
import { labelsOf } from '../../shared/model/labels.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import type { Plan } from '../model/plan.ts';
import { wordOf } from '../report/names.ts';

/** The parts of the mappings that `sender plan` proposes. */
const proposed = ['flavors', 'networks', 'gateways', 'floating_ips'] as const;

type Entry = Mappings[(typeof proposed)[number]][string];

/**
 * What a plan says otherwise than `sender plan` would write now: edits of the operator, and what
 * has changed in both clouds since. `document`: the whole project as it is; `fresh`: the mappings
 * that are proposed for what the plan moves.
 */
export function differencesOf(plan: Plan, document: Configurations, fresh: Mappings): string[] {
  return [
    ...serverDifferences(plan, document),
    ...proposed.flatMap((kind) => mappingDifferences(kind, plan.mappings[kind], fresh[kind])),
  ];
}

function serverDifferences(plan: Plan, { servers }: Configurations): string[] {
  const planned = plan.waves.flatMap((wave) => wave.servers);
  const labels = labelsOf(servers);
  const there = new Map(servers.map((server) => [server.id, server]));
  const gone = planned.filter(({ id }) => !there.has(id));
  const renamed = planned.filter(({ id, name }) => name !== undefined && there.has(id) && there.get(id)?.name !== name);
  const added = servers.filter(({ id }) => !planned.some((server) => server.id === id));
  return [
    ...gone.map(({ id, name = id }) => `server ${name} (${id}): in the plan, but no longer at the source`),
    ...renamed.map(({ id, name }) => `server ${name} (${id}): is called ${there.get(id)?.name} at the source`),
    ...added.map(({ id }) => `server ${labels.get(id)} (${id}): at the source, but not in the plan`),
  ];
}

function mappingDifferences(kind: string, said: Record<string, Entry>, fresh: Record<string, Entry>): string[] {
  const ids = [...new Set([...Object.keys(said), ...Object.keys(fresh)])];
  return ids.flatMap((id) => {
    const here = targetOf(said[id]);
    const now = targetOf(fresh[id]);
    if (here === now) return [];
    return [
      `${wordOf(kind.replace(/s$/, ''))} ${nameOf(said[id] ?? fresh[id], id)}: ${here ?? 'not mapped'} in the plan, ${now ?? 'not needed or without a counterpart'} if it were made now`,
    ];
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
