import { setImmediate } from 'node:timers/promises';
import type { SourceCloud } from '../../../shared/cloud/source-cloud.ts';
import { inParallel } from '../../../shared/concurrency/parallel.ts';
import { canonicalJson } from '../../../shared/model/canonical-json.ts';
import type { Concern } from '../../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../../shared/model/configurations.ts';
import { loneVolumesOf, movedImagesOf } from '../../../shared/model/lone-volumes.ts';
import { type Ref, type Resource, refOf } from '../../../shared/model/resource.ts';
import { asProblem } from '../../../shared/problem.ts';
import { leftOutOf } from '../../migration/left-out.ts';
import { flattens } from '../../model/plan.ts';
import { withoutRefs } from '../../model/skip.ts';
import type { Campaign } from '../campaign.ts';
import { newSince } from '../since-capture.ts';

/** One attribute that is at the source not as it was captured. */
interface SourceChange {
  readonly ref: Ref;
  readonly attribute: string;
  readonly says: string;
}

/** The source as it is now, and how it differs from its capture. */
export interface SourceNow {
  readonly changes: readonly SourceChange[];
  /** Null where the source could not be read. */
  readonly resources: ReadonlyMap<Ref, Resource> | null;
  /** What a capture would tell now. */
  readonly concerns: readonly Concern[];
}

/** Lone volumes and images that are read at once. */
const width = 4;

/** Resources that are compared in one turn of the event loop. */
const together = 100;

/** Most characters of a value that are told. */
const longestValue = 200;

/**
 * Reads the project anew, and compares every attribute that is carried with its capture. A source
 * that cannot be read is told instead of thrown: everything may have moved by then.
 */
export async function sourceNow(
  { document, plan, journal }: Pick<Campaign, 'document' | 'plan' | 'journal'>,
  source: SourceCloud,
  signal: AbortSignal,
): Promise<SourceNow> {
  const { project_id: project, whole } = plan.source;
  try {
    const servers = whole ? [] : document.servers.map(({ id }) => id);
    const read = await source.inventory({ project, servers, withoutImages: true, withVolumeSnapshots: flattens(plan) }, signal);
    const now = withoutRefs(read.document, leftOutOf(plan, document, journal.facts)).document;
    await setImmediate();
    const resources = new Map(
      [...resourcesOf(now), ...(await aloneNow(document, source, signal))].map((one) => [refIn(one), one]),
    );
    const changes = await changesOf(document, now, resources, source, whole);
    return { changes, resources, concerns: read.concerns };
  } catch (error) {
    signal.throwIfAborted();
    const says = `the source could not be read anew: ${asProblem(error).message}`;
    const [first] = resourcesOf(document);
    const changes = first === undefined ? [] : [{ ref: refOf(first.kind, first.id), attribute: '*', says }];
    return { changes, resources: null, concerns: [] };
  }
}

/**
 * The lone volumes and images of a campaign as they are, each read by itself: a capture leaves out
 * images that it is not asked for, and what was moved. Their disks are their bytes.
 */
async function aloneNow(document: Configurations, source: SourceCloud, signal: AbortSignal): Promise<Resource[]> {
  const units = [
    ...loneVolumesOf(document).map(({ id }) => ({ kind: 'volume', id }) as const),
    ...movedImagesOf(document).map(({ id }) => ({ kind: 'image', id }) as const),
  ];
  const found: Resource[] = [];
  await inParallel(units, width, async ({ kind, id }) => {
    const now = await source.loneState(kind, id, signal).catch((error: unknown) => {
      if (asProblem(error).code === 'E_NOT_FOUND') return null;
      throw error;
    });
    const disks = document.disks.filter(({ server_id }) => server_id === id);
    if (now !== null) found.push(now.resource, ...disks.map((disk) => ({ kind: 'disk' as const, ...disk })));
  });
  return found;
}

async function changesOf(
  document: Configurations,
  now: Configurations,
  found: ReadonlyMap<Ref, Resource>,
  source: SourceCloud,
  whole: boolean,
): Promise<SourceChange[]> {
  const captured = resourcesOf(document);
  const changes: SourceChange[] = newSince(document, now, whole).map(({ ref, says }) => ({ ref, attribute: '*', says }));
  for (const [index, was] of captured.entries()) {
    if (index % together === 0) await setImmediate();
    const is = found.get(refIn(was));
    changes.push(...changesOfOne(was, is, source));
  }
  return changes;
}

function refIn({ kind, id }: Resource): Ref {
  return refOf(kind, id);
}

function changesOfOne(was: Resource, is: Resource | undefined, source: SourceCloud): SourceChange[] {
  const ref = refIn(was);
  if (is === undefined) return [{ ref, attribute: '*', says: 'is gone at the source since its capture' }];
  const before = heldOf(was, source);
  const after = heldOf(is, source);
  return Object.entries(before).flatMap(([attribute, value]): SourceChange[] => {
    const [old, young] = [value, after[attribute]].map((one) => canonicalJson(one));
    if (old === young) return [];
    const isSecret = attribute === 'user_data';
    const says = isSecret ? 'is another one' : `is ${shown(young)} at the source, and was ${shown(old)} when it was captured`;
    return [{ ref, attribute, says: `${attribute} ${says}` }];
  });
}

/** What is compared: the carried attributes, and what a resize changes. */
function heldOf(resource: Resource, source: SourceCloud): Readonly<Record<string, unknown>> {
  const carried = source.portrait(resource);
  return resource.kind === 'server' ? Object.assign({ flavor_id: resource.flavor_id }, carried) : carried;
}

function shown(text = 'nothing'): string {
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
