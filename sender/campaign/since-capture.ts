import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { loneVolumesOf } from '../../shared/model/lone-volumes.ts';
import { withSubports } from '../../shared/model/plugged.ts';
import { sharedBy } from '../../shared/model/rbac.ts';
import { type Kind, type Ref, type Resource, refOf } from '../../shared/model/resource.ts';
import { originOf } from '../../shared/model/snapshot-volumes.ts';
import { asProblem } from '../../shared/problem.ts';
import type { Fact } from '../migration/fact.ts';
import { leftOutOf } from '../migration/left-out.ts';
import { differing } from '../model/differing.ts';
import { flattens } from '../model/plan.ts';
import { withoutRefs } from '../model/skip.ts';
import type { Campaign } from './campaign.ts';
import { type StepTools, workSignal } from './step.ts';

/** What changed at the source and is not at the destination: a resource, and in which way. */
interface SinceCapture {
  readonly ref: Ref;
  readonly says: string;
}

/**
 * Kinds that are not compared here: a server, its disks and its flavor are compared before its
 * stop, and stay stopped after it. So it is with a lone volume.
 */
const comparedElsewhere: ReadonlySet<Kind> = new Set(['server', 'disk', 'image', 'flavor']);

/** Attributes that are ours. */
const ours: ReadonlySet<string> = new Set(['kind', 'id', 'needs']);

/**
 * Reads the project again and compares its network side with the document. A change is told, never
 * built: the destination may have been changed since, too. A source that cannot be read is told
 * instead of thrown, because everything has moved by then.
 */
export async function sinceCapture({ document, plan, journal }: Campaign, tools: StepTools): Promise<SinceCapture[]> {
  const signal = workSignal(tools);
  try {
    const { project_id: project, whole } = plan.source;
    const servers = whole ? [] : document.servers.map(({ id }) => id);
    const selection = { project, servers, withoutImages: true, withVolumeSnapshots: flattens(plan) };
    const { document: now } = await tools.source.inventory(selection, signal);
    // What was left out, and what needs it, is no change.
    return changesSince(document, withoutRefs(now, leftOutOf(plan, document, journal.facts)).document, whole);
  } catch (error) {
    signal.throwIfAborted();
    const says = `the source could not be compared with its capture: ${asProblem(error).message}`;
    const [first] = resourcesOf(document);
    return first === undefined ? [] : [{ ref: refOf(first.kind, first.id), says }];
  }
}

/**
 * The changes that a later reading of the source has, beside servers and disks. Of a whole project
 * all is told that is new beside its servers; of a selection, what is a part of it.
 */
export function changesSince(document: Configurations, now: Configurations, whole: boolean): SinceCapture[] {
  const found = new Map(resourcesOf(now).map((one) => [refOf(one.kind, one.id), one]));
  const captured = resourcesOf(document);
  const alone = new Set(loneVolumesOf(document).map(({ id }) => id));
  const compared = captured.filter(({ kind, id }) => !comparedElsewhere.has(kind) && !(kind === 'volume' && alone.has(id)));
  return [
    ...compared.flatMap((was): SinceCapture[] => {
      const ref = refOf(was.kind, was.id);
      const is = found.get(ref);
      if (is === undefined) return [{ ref, says: 'is gone at the source since its capture' }];
      const names = Object.keys(was).filter((name) => !ours.has(name));
      const changes = differing('', was, is, names);
      return changes.length === 0 ? [] : [{ ref, says: `changed at the source since its capture: ${changes.join('; ')}` }];
    }),
    ...newSince(document, now, whole),
  ];
}

/** What a later reading of the source has in what was captured or beside it, and is new. */
export function newSince(document: Configurations, now: Configurations, whole: boolean): SinceCapture[] {
  const known = new Set(resourcesOf(document).map(({ kind, id }) => refOf(kind, id)));
  return resourcesOf(now).flatMap((one): SinceCapture[] => {
    const ref = refOf(one.kind, one.id);
    if (known.has(ref)) return [];
    const parent = parentOf(one);
    if (parent !== null && known.has(parent)) return [{ ref, says: `is new at the source since the capture, in ${parent}` }];
    return whole && parent === null && isOfProject(one, now) ? [{ ref, says: 'is new at the source since the capture' }] : [];
  });
}

/** What a resource is a part of: a new part of what has moved is told. */
function parentOf(one: Resource): Ref | null {
  if (one.kind === 'subnet') return refOf('network', one.network_id);
  if (one.kind === 'security_group_rule') return refOf('security_group', one.security_group_id);
  if (one.kind === 'gateway' || one.kind === 'interface' || one.kind === 'routes') return refOf('router', one.router_id);
  if (one.kind === 'trunk') return refOf('port', one.port_id);
  if (one.kind === 'port_forwarding') return refOf('floating_ip', one.floating_ip_id);
  if (one.kind === 'rbac_policy') return sharedBy(one);
  if (one.kind === 'volume') return snapshotParent(one);
  return one.kind === 'floating_ip' && one.port_id !== null ? refOf('port', one.port_id) : null;
}

/** The volume of a snapshot that becomes a volume; another volume is a part of nothing. */
function snapshotParent(volume: Parameters<typeof originOf>[0]): Ref | null {
  const origin = originOf(volume);
  return origin === null ? null : refOf('volume', origin);
}

/** Whether something moves with a whole project, whichever of its servers move. */
function isOfProject({ kind, id }: Resource, now: Configurations): boolean {
  const { servers } = now;
  if (kind === 'keypair') return !servers.some(({ key_name }) => key_name === id);
  if (kind === 'port')
    return !withSubports(
      servers.flatMap(({ ports }) => ports),
      now,
    ).includes(id);
  return !comparedElsewhere.has(kind) && kind !== 'volume';
}

/** The changes that the last look learned, from the journal. */
export function sinceCaptureIn(facts: readonly Fact[]): readonly SinceCapture[] {
  for (const fact of facts.toReversed()) {
    if (fact.fact !== 'done' || fact.server !== null) continue;
    const { sinceCapture: changes } = (fact.learned ?? {}) as { readonly sinceCapture?: readonly SinceCapture[] };
    if (changes !== undefined) return changes;
  }
  return [];
}
