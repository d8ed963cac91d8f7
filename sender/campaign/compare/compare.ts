import { limits } from '../../../protocol/limits.ts';
import type { Result } from '../../../protocol/messages.ts';
import type { SourceCloud } from '../../../shared/cloud/source-cloud.ts';
import type { Concern } from '../../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../../shared/model/configurations.ts';
import { movedImagesOf } from '../../../shared/model/lone-volumes.ts';
import { carriedIfAsked } from '../../../shared/model/mappings.ts';
import { networkSideOf } from '../../../shared/model/network-side.ts';
import { type Kind, kindOf, type Ref, type Resource, refOf, registeredAs } from '../../../shared/model/resource.ts';
import type { Fact } from '../../migration/fact.ts';
import type { Ask } from '../../migration/phase.ts';
import type { Campaign } from '../campaign.ts';
import { type AttributeComparison, type ComparedLine, ComparisonTally } from './comparison.ts';
import { type SourceNow, sourceNow } from './source-changes.ts';
import { attributeOf, byRef, type ConcernsByRef, foreseenIn, isAboutAttribute, ownerOf, tellingOf } from './told.ts';
import { type DatedWaivers, namedAs } from './waivers.ts';

type ComparedResource = Result<'resource.compare'>['compared'][number];

/** What a comparison works with. */
export interface CompareTools {
  readonly source: SourceCloud;
  readonly ask: Ask;
  readonly signal: AbortSignal;
  readonly waivers: DatedWaivers;
  /** Whether the campaign is committed: its source may go its own way. */
  readonly isCommitted: boolean;
}

/** A resource on both sides: what it became, and its canonical digests. */
export interface HeldResource {
  readonly ref: Ref;
  readonly id: string | null;
  readonly how: ComparedResource['how'];
  /** Null where the source could not be read, or has it no longer. */
  readonly source: Resource | null;
  readonly there: string | null;
}

/**
 * Holds every attribute of every resource of both sides against each other: the source read anew,
 * and the destination read anew by the receiver. Writes on neither cloud.
 */
export async function compareAttributes(
  campaign: Campaign,
  tools: CompareTools,
): Promise<{ readonly comparison: AttributeComparison; readonly held: readonly HeldResource[] }> {
  const { document, journal } = campaign;
  const foreseen = foreseenIn(journal.facts);
  const concerns = byRef(foreseen.concerns);
  const isLeft = leftByPlan(document);
  const moved = new Set(movedImagesOf(document).map(({ id }) => id));
  const known = resourcesOf(document).filter((one) => isBuilt(one, moved));
  const resources = known.filter((one) => !isLeft(one));
  const tally = new ComparisonTally(tools.waivers, !tools.isCommitted, sharedNames(known));
  const now = await sourceNow(campaign, tools.source, tools.signal);
  const skipped = new Set(foreseen.decisions.filter(({ action }) => action === 'skip').map(({ ref }) => ref));
  const judge = judgeOf(campaign, tools, concerns, skipped);
  const held: HeldResource[] = [];
  for await (const one of comparedBy(campaign, resources, tools)) {
    const resource = one.resource;
    const { equal, mapped, unread } = one.compared;
    tally.add(one.compared.ref, { equal, mapped, unread });
    for (const line of linesOf(resource, one.compared)) tally.line(judge(resource, line));
    const source = now.resources?.get(one.compared.ref) ?? null;
    const { ref, id, how, digest } = one.compared;
    held.push({ ref, id, how, source, there: digest });
  }
  for (const { kind, id, name } of known.filter(isLeft)) {
    const says = 'the plan leaves it out';
    tally.line({ ref: refOf(kind, id), name, attribute: '*', is: 'told', severity: null, says });
  }
  for (const line of linesOfSource(campaign, now, concerns)) tally.line(line);
  return { comparison: tally.result(), held };
}

function sharedNames(resources: readonly Resource[]): ReadonlySet<string> {
  const all = Map.groupBy(resources, ({ kind, name }) => namedAs(kind, name));
  return new Set([...all].flatMap(([named, those]) => (those.length > 1 ? [named] : [])));
}

/**
 * An image that does not move is a reference, and the disk of a volume or of an image is compared
 * as that.
 */
function isBuilt(one: Resource, movedImages: ReadonlySet<string>): boolean {
  if (one.kind === 'image') return movedImages.has(one.id);
  return one.kind !== 'disk' || registeredAs(one) === refOf('disk', one.id);
}

/**
 * What the mappings leave out: what moves only if asked, shares with a project that is not mapped,
 * addresses.
 */
function leftByPlan(document: Configurations): (one: Resource) => boolean {
  const side = new Set(networkSideOf(document).map(({ kind, id }) => refOf(kind, id)));
  const isSkipped = (floating: string): boolean => document.mappings.floating_ips[floating]?.to === 'skip';
  return (one) => {
    if (one.kind === 'floating_ip') return isSkipped(one.id);
    if (one.kind === 'port_forwarding') return isSkipped(one.floating_ip_id);
    const isLeft = one.kind === 'rbac_policy' || Object.values<Kind>(carriedIfAsked).includes(one.kind);
    return isLeft && !side.has(refOf(one.kind, one.id));
  };
}

/** Asks the receiver, some resources at a time. */
async function* comparedBy(
  { id: campaign, journal }: Campaign,
  resources: readonly Resource[],
  { ask, signal }: CompareTools,
): AsyncGenerator<{ readonly resource: Resource; readonly compared: ComparedResource }> {
  const stopped = stoppedIn(journal.facts);
  for (let at = 0; at < resources.length; at += limits.comparedRefs) {
    const some = new Map(
      resources.slice(at, at + limits.comparedRefs).map((resource) => [refOf(resource.kind, resource.id), resource]),
    );
    const refs = [...some.keys()];
    const asked = { campaign, refs, stopped: refs.filter((ref) => stopped.has(ref)), begins: at === 0 };
    const { compared } = await ask('resource.compare', asked, signal);
    for (const [ref, one] of answered(refs, compared)) {
      const resource = some.get(ref);
      if (resource !== undefined) yield { resource, compared: one };
    }
  }
}

/**
 * What a receiver told of each ref that it was asked for, in order. That it told nothing of one, or
 * something of another, MUST NOT pass for what is equal.
 */
export function answered(refs: readonly Ref[], compared: readonly ComparedResource[]): Map<Ref, ComparedResource> {
  const told = new Map(compared.map((one) => [one.ref, one]));
  return new Map(refs.map((ref) => [ref, told.get(ref) ?? unanswered(ref)]));
}

function unanswered(ref: Ref): ComparedResource {
  const says = 'the receiver was asked for it and told nothing';
  const different = [{ attribute: '*', severity: 'serious' as const, says }];
  return { ref, id: null, how: null, digest: null, equal: [], mapped: [], unread: [], told: [], different, strangers: [] };
}

/** The servers that were stopped before the campaign stopped them. */
function stoppedIn(facts: readonly Fact[]): ReadonlySet<Ref> {
  const last = new Map(facts.flatMap((fact) => (fact.fact === 'stop asked' ? [[refOf('server', fact.server), fact.was]] : [])));
  return new Set([...last].flatMap(([ref, was]) => (was === 'stopped' ? [ref as Ref] : [])));
}

/** What the receiver found in one resource that is neither equal nor mapped. */
function linesOf({ name }: Resource, { ref, told, different, strangers }: ComparedResource): ComparedLine[] {
  return [
    ...different.map((one): ComparedLine => ({ ref, name, is: 'different', ...one })),
    ...told.map((one): ComparedLine => ({ ref, name, is: 'told', ...one })),
    ...strangers.map((says): ComparedLine => {
      const what = `has at the destination what was not built: ${says}`;
      return { ref, name, attribute: 'parts', is: 'different', severity: 'minor', says: what };
    }),
  ];
}

/** Tells what was said before the start, or follows from the plan, from what is different. */
function judgeOf(
  { plan }: Campaign,
  { isCommitted }: CompareTools,
  concerns: ConcernsByRef,
  skipped: ReadonlySet<Ref>,
): (resource: Resource, line: ComparedLine) => ComparedLine {
  return (resource, line) => {
    if (line.is !== 'different') return line;
    const isRemoved = line.attribute === '*' && kindOf(line.ref) === 'disk' && isCommitted && plan.options.images === 'remove';
    if (isRemoved) return { ...line, is: 'told', severity: null, says: 'its image was removed by the commit, as the plan says' };
    if (skipped.has(line.ref)) return { ...line, is: 'told', severity: null };
    const telling = tellingOf(concerns, resource, line.attribute);
    return telling === undefined ? line : { ...line, is: 'told', says: `${line.says} (${telling.code}, told before the start)` };
  };
}

/** What stays behind, as it was told; and what is at the source not as it was captured. */
function linesOfSource({ document }: Campaign, now: SourceNow, told: ConcernsByRef): ComparedLine[] {
  const resources = resourcesOf(document);
  const byName = new Map(resources.map((one) => [refOf(one.kind, one.id), one.name]));
  const line = (ref: Ref, fields: Pick<ComparedLine, 'attribute' | 'is' | 'severity' | 'says'>): ComparedLine => ({
    ref,
    name: byName.get(ref) ?? '',
    ...fields,
  });
  const before = [...told.values()].flat().filter(isAboutAttribute);
  const known = new Set(before.map(attributeOf));
  const later = now.concerns.filter((one) => isAboutAttribute(one) && !known.has(attributeOf(one)) && isMoved(one, byName));
  const ofConcern = (is: 'told' | 'changed') => (concern: Concern) => {
    const ref = ownerOf(concern, resources);
    const severity = is === 'told' ? null : 'minor';
    return ref === null ? [] : [line(ref, { attribute: concern.code, is, severity, says: concern.says })];
  };
  return [
    ...now.changes.map(({ ref, attribute, says }) => line(ref, { attribute, is: 'changed', severity: 'minor', says })),
    ...later.flatMap(ofConcern('changed')),
    ...before.flatMap(ofConcern('told')),
  ];
}

/** What is about a resource that did not move is no change of those that did. */
function isMoved({ about }: Concern, moved: ReadonlyMap<Ref, string>): boolean {
  return about === undefined || moved.has(about);
}
