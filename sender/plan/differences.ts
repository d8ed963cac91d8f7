import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { countOf } from '../../shared/model/kind-words.ts';
import { labelsOf } from '../../shared/model/labels.ts';
import { movedImagesOf } from '../../shared/model/lone-volumes.ts';
import { refOf } from '../../shared/model/resource.ts';
import { opensAt } from '../migration/calendar.ts';
import { showLocal } from '../migration/window.ts';
import type { Plan } from '../model/plan.ts';
import { labelOf } from '../report/names.ts';
import { mappingDifferences } from './mapping-differences.ts';
import { namedVolumesOf } from './named-volumes.ts';
import { calendarSentences } from './policy-sentences.ts';
import type { Difference } from './result.ts';

type Wave = Plan['waves'][number];

/**
 * What a plan says otherwise than `sender plan` would write now: edits of the operator, and what
 * has changed in both clouds since. `document`: the whole project as it is; `fresh`: the plan that
 * would be proposed for what this one moves.
 */
export function differencesOf(plan: Plan, document: Configurations, fresh: Plan, nowMs: number): Difference[] {
  const group = (of: Difference['of'], lines: readonly string[]): Difference[] => lines.map((says) => ({ of, says }));
  return [
    ...group('servers', serverDifferences(plan, document)),
    ...group('volumes', volumeDifferences(plan, document)),
    ...group('images', imageDifferences(plan, document)),
    ...group('waves', waveDifferences(plan, fresh, document)),
    ...group('options', optionDifferences(plan.options, fresh.options)),
    ...group('calendar', calendarDifferences(plan, nowMs)),
    ...group('bandwidth', bandwidthDifferences(plan)),
    ...group('skip', skipDifferences(plan, document)),
    ...group('mappings', mappingDifferences(plan, fresh.mappings)),
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
    ...planned.flatMap((server) => ownPolicies(server, labels.get(server.id) ?? server.name ?? server.id)),
  ];
}

function volumeDifferences({ volumes: planned }: Plan, document: Configurations): string[] {
  const alone = namedVolumesOf(document);
  const labels = labelsOf(alone);
  const gone = planned.filter(({ id }) => !labels.has(id));
  const added = alone.filter(({ id }) => !planned.some((volume) => volume.id === id));
  return [
    ...gone.map(({ id, name = id }) => `volume ${name} (${id}): in the plan, but no longer without a server at the source`),
    ...added.map(({ id }) => `volume ${labels.get(id)} (${id}): without a server at the source, but not in the plan`),
  ];
}

function imageDifferences({ images: planned }: Plan, document: Configurations): string[] {
  const own = movedImagesOf(document);
  const labels = labelsOf(own);
  const gone = planned.filter(({ id }) => !labels.has(id));
  const added = own.filter(({ id }) => !planned.some((image) => image.id === id));
  return [
    ...gone.map(({ id, name = id }) => `image ${name} (${id}): in the plan, but no longer one of the project at the source`),
    ...added.map(({ id }) => `image ${labels.get(id)} (${id}): of the project at the source, but not in the plan`),
  ];
}

/** What a server of a plan has for itself, and one of a new plan never has. */
function ownPolicies({ probe, mode, cutover }: Wave['servers'][number], label: string): string[] {
  return Object.entries({ probe, mode, cutover }).flatMap(([key, value]) =>
    value === undefined ? [] : [`server ${label}: ${key} ${value} in the plan, none of its own if it were made now`],
  );
}

/** A new plan has one wave, in the order of the names where it is of a whole project. */
function waveDifferences({ waves, source }: Plan, fresh: Plan, document: Configurations): string[] {
  const labels = labelsOf(document.servers);
  const listed = ({ servers }: Wave): string => servers.map(({ id, name }) => labels.get(id) ?? name ?? id).join(', ');
  const described = (wave: Wave): string => `${wave.name}: ${wave.servers.length === 0 ? 'no server' : listed(wave)}`;
  const halves = waves
    .filter(({ rolling }) => rolling)
    .map(({ name }) => `wave ${name}: in two halves, which a new plan never has`);
  const [only] = waves;
  const [now] = fresh.waves;
  if (waves.length > 1 || only?.name !== now?.name)
    return [
      ...waves.map(
        (wave) =>
          `wave ${described(wave)}; if it were made now, ${now === undefined ? 'there is none' : `all are in ${now.name}`}`,
      ),
      ...halves,
    ];
  if (!source.whole || only === undefined || now === undefined) return halves;
  const kept = now.servers.filter(({ id }) => only.servers.some((server) => server.id === id));
  const there = only.servers.filter(({ id }) => kept.some((server) => server.id === id));
  const isSame = kept.every(({ id }, index) => there[index]?.id === id);
  return [
    ...(isSame
      ? []
      : [`order: ${listed({ ...only, servers: there })} in the plan, ${listed({ ...now, servers: kept })} if it were made now`]),
    ...halves,
  ];
}

function optionDifferences(said: Plan['options'], fresh: Plan['options']): string[] {
  const keys = [...new Set([...Object.keys(said), ...Object.keys(fresh)])] as (keyof Plan['options'])[];
  return keys.flatMap((key) =>
    said[key] === fresh[key] ? [] : [`${key}: ${said[key] ?? 'none'} in the plan, ${fresh[key] ?? 'none'} if it were made now`],
  );
}

/** What the calendar says, held against the clock; a new plan has none. */
function calendarDifferences({ calendar, waves, options }: Plan, nowMs: number): string[] {
  const past = waves
    .flatMap(({ servers }) => servers)
    .flatMap(({ name, id, mode, cutover }) => {
      const when = cutover ?? options.cutover;
      if ((mode ?? options.mode) !== 'warm' || !when.startsWith('at ') || Date.parse(when.slice(3)) > nowMs) return [];
      return [`server ${name ?? id}: its cutover (${when}) is past: it is cut over as soon as its rounds end`];
    });
  if (calendar === undefined) return past;
  const opens = opensAt(calendar, nowMs);
  const next = opens === null ? 'never' : opens <= nowMs ? 'now' : `at ${showLocal(calendar.zone, opens)}`;
  return [
    ...calendarSentences(calendar).map((sentence) => `${sentence} A new plan has no calendar.`),
    `Servers may be stopped next: ${next}.`,
    ...past,
  ];
}

function bandwidthDifferences({ bandwidth }: Plan): string[] {
  if (bandwidth === undefined) return [];
  const said =
    bandwidth === null ? 'none' : typeof bandwidth === 'string' ? bandwidth : `a table of ${countOf('line', bandwidth.length)}`;
  return [`limit: ${said} in the plan, that of the sender if it were made now`];
}

/** A new plan skips nothing. */
function skipDifferences({ skip }: Plan, document: Configurations): string[] {
  const byRef = new Map(resourcesOf(document).map((one) => [refOf(one.kind, one.id), one]));
  return skip.map((ref) => {
    const resource = byRef.get(ref);
    if (resource === undefined) return `${ref}: skipped by the plan, and no longer at the source`;
    return `${labelOf(ref, resource)} (${ref}): skipped by the plan, moved if it were made now`;
  });
}
