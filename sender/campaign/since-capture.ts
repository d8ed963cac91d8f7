import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { type Kind, type Ref, type Resource, refOf } from '../../shared/model/resource.ts';
import { asProblem } from '../../shared/problem.ts';
import type { Fact } from '../migration/fact.ts';
import { differing } from '../model/differing.ts';
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
 * stop, and stay stopped after it.
 */
const comparedElsewhere: ReadonlySet<Kind> = new Set(['server', 'disk', 'image', 'flavor']);

/** Fields that name what a resource can be without, and the kind of that. */
const naming: Readonly<Record<string, Kind>> = {
  security_groups: 'security_group',
  subnetpool_id: 'subnet_pool',
  address_scope_id: 'address_scope',
};

/** Attributes that are ours. */
const ours: ReadonlySet<string> = new Set(['kind', 'id', 'needs']);

/**
 * Reads the project again and compares its network side with the document. A change is told, never
 * built: the destination may have been changed since, too. A source that cannot be read is told
 * instead of thrown, because everything has moved by then.
 */
export async function sinceCapture({ document, plan }: Campaign, tools: StepTools): Promise<SinceCapture[]> {
  const signal = workSignal(tools);
  try {
    const { project_id: project, whole } = plan.source;
    const servers = whole ? [] : document.servers.map(({ id }) => id);
    const { document: now } = await tools.source.inventory({ project, servers }, signal);
    // What the plan skips, and what needs it, is no change.
    return changesSince(document, withoutRefs(now, plan.skip).document);
  } catch (error) {
    signal.throwIfAborted();
    const says = `the source could not be compared with its capture: ${asProblem(error).message}`;
    const [first] = resourcesOf(document);
    return first === undefined ? [] : [{ ref: refOf(first.kind, first.id), says }];
  }
}

/** The changes that a later reading of the source has, beside servers and disks. */
export function changesSince(document: Configurations, now: Configurations): SinceCapture[] {
  const found = new Map(resourcesOf(now).map((one) => [refOf(one.kind, one.id), one]));
  const captured = resourcesOf(document);
  // A document for a destination without a kind has none of it.
  const carried = new Set(captured.map(({ kind }) => kind));
  const compared = captured.filter(({ kind }) => !comparedElsewhere.has(kind));
  return [
    ...compared.flatMap((was): SinceCapture[] => {
      const ref = refOf(was.kind, was.id);
      const is = found.get(ref);
      if (is === undefined) return [{ ref, says: 'is gone at the source since its capture' }];
      const bare = namelessIn(carried);
      const names = Object.keys(was).filter((name) => !ours.has(name) && !bare.includes(name));
      const changes = differing('', was, is, names);
      return changes.length === 0 ? [] : [{ ref, says: `changed at the source since its capture: ${changes.join('; ')}` }];
    }),
    ...newSince(document, now),
  ];
}

/** Fields that name nothing in a document for a destination without the kind that they name. */
export function namelessIn(carried: ReadonlySet<Kind>): string[] {
  return Object.entries(naming).flatMap(([name, kind]) => (carried.has(kind) ? [] : [name]));
}

/** The parts that a later reading of the source has in what was captured, and the capture lacks. */
export function newSince(document: Configurations, now: Configurations): SinceCapture[] {
  const captured = resourcesOf(document);
  const known = new Set(captured.map(({ kind, id }) => refOf(kind, id)));
  const carried = new Set(captured.map(({ kind }) => kind));
  return resourcesOf(now).flatMap((one): SinceCapture[] => {
    const ref = refOf(one.kind, one.id);
    const parent = parentOf(one);
    if (known.has(ref) || parent === null || !known.has(parent) || !carried.has(one.kind)) return [];
    return [{ ref, says: `is new at the source since the capture, in ${parent}` }];
  });
}

/** What a resource is a part of: a new part of what has moved is told. */
function parentOf(one: Resource): Ref | null {
  if (one.kind === 'subnet') return refOf('network', one.network_id);
  if (one.kind === 'security_group_rule') return refOf('security_group', one.security_group_id);
  if (one.kind === 'gateway' || one.kind === 'interface' || one.kind === 'routes') return refOf('router', one.router_id);
  if (one.kind === 'trunk') return refOf('port', one.port_id);
  if (one.kind === 'port_forwarding') return refOf('floating_ip', one.floating_ip_id);
  return one.kind === 'floating_ip' && one.port_id !== null ? refOf('port', one.port_id) : null;
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
