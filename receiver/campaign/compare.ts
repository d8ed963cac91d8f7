import type { Params, Result } from '../../protocol/messages.ts';
import type { AttributeVerdict, BuiltThings, Likeness } from '../../shared/cloud/destination-cloud.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { carriedIfAsked } from '../../shared/model/mappings.ts';
import { type Kind, kindOf, type Ref } from '../../shared/model/resource.ts';
import { asProblem } from '../../shared/problem.ts';
import type { ReceiverCampaign } from './campaign.ts';
import { untold } from './differs.ts';

/** Resources that are read side by side at the most. */
const atOnce = 4;

/**
 * Kinds that the plan carries into the destination's own project: nothing stands for one, so that
 * what was adopted was equal. No guest depends on them.
 */
const settings: ReadonlySet<Kind> = new Set(Object.values(carriedIfAsked));

/** Most characters of what is told of one attribute: a value may be as long as its cloud allows. */
const longestSays = 1_000;

type ComparedOne = Result<'resource.compare'>['compared'][number];

/**
 * Reads built resources anew, and holds each against the document, attribute by attribute. Throws
 * E_NOT_FOUND for a ref that the document lacks, and what the cloud throws.
 */
export async function compareResources(
  campaign: ReceiverCampaign,
  { refs, stopped = [], begins = false }: Pick<Params<'resource.compare'>, 'refs' | 'stopped' | 'begins'>,
  signal: AbortSignal,
): Promise<ComparedOne[]> {
  const { resources: read } = campaign.readings;
  if (begins) read.clear();
  const found = new Map<Ref, ComparedOne>();
  await inParallel(refs, atOnce, async (ref) => {
    signal.throwIfAborted();
    found.set(ref, await comparedOne(campaign, ref, stopped.includes(ref), signal));
  });
  // What is adopted is its owner's, with all that is in it.
  const own = refs.filter((ref) => !['adopted', null, undefined].includes(found.get(ref)?.how));
  const strangers = await campaign.reader.strangersIn(own, thingsOf(campaign), signal);
  return refs.flatMap((ref): ComparedOne[] => {
    const one = found.get(ref);
    if (one === undefined) return [];
    read.set(ref, { ref, id: one.id, how: one.how, digest: one.digest });
    return [{ ...one, strangers: strangers.filter(({ ref: of }) => of === ref).map(({ says }) => says) }];
  });
}

async function comparedOne(campaign: ReceiverCampaign, ref: Ref, isStopped: boolean, signal: AbortSignal): Promise<ComparedOne> {
  campaign.resource(ref);
  const entry = campaign.ledger.get(ref);
  if (entry?.state !== 'built') return missing(ref, `${ref} has not been built at the destination.`);
  const { id, how, detail } = entry;
  try {
    const likeness = await campaign.reader.likenessOf(ref, isStopped ? 'stopped' : undefined, signal);
    return { ref, id, how, ...sorted(likeness, { kind: kindOf(ref), isAdopted: how === 'adopted', detail }), strangers: [] };
  } catch (error) {
    const problem = asProblem(error);
    // What it needs is not built any more: there is nothing to hold it against.
    if (problem.code !== 'E_NOT_FOUND') throw error;
    return { ...missing(ref, problem.message), id, how };
  }
}

function missing(ref: Ref, says: string): ComparedOne {
  const different = [{ attribute: '*', severity: 'serious' as const, says }];
  return { ref, id: null, how: null, digest: null, equal: [], mapped: [], unread: [], told: [], different, strangers: [] };
}

/** What is known of a built resource beside its likeness. */
interface BuiltBefore {
  readonly kind: Kind;
  readonly isAdopted: boolean;
  readonly detail: Parameters<typeof untold>[1];
}

/**
 * What was told when it was built is told now. Of what was adopted it is as the plan maps it, and
 * so is all on which no guest depends. What is not there at all is mapped to nothing.
 */
function sorted(
  { verdicts, digest }: Likeness,
  { kind, isAdopted, detail }: BuiltBefore,
): Pick<ComparedOne, 'digest' | 'equal' | 'mapped' | 'unread' | 'told' | 'different'> {
  const isSetting = settings.has(kind);
  const standsFor = isAdopted && !isSetting;
  const isKnown = ({ attribute, severity, says = [] }: AttributeVerdict): boolean =>
    attribute !== '*' && ((standsFor && severity === 'minor') || untold(says, detail).length === 0);
  const named = (is: AttributeVerdict['is']): string[] =>
    verdicts.filter((one) => one.is === is).map(({ attribute }) => attribute);
  const differing = verdicts.filter(({ is }) => is === 'different');
  const known = differing.filter(isKnown);
  return {
    digest,
    equal: named('equal'),
    mapped: [...named('mapped'), ...(standsFor ? known.map(({ attribute }) => attribute) : [])],
    unread: named('unread'),
    told: standsFor ? [] : known.map(onWire),
    different: differing.filter((one) => !isKnown(one)).map((one) => onWire(isSetting ? { ...one, severity: 'minor' } : one)),
  };
}

function onWire({ attribute, severity = 'serious', says = [] }: AttributeVerdict): ComparedOne['different'][number] {
  const text = says.join('; ');
  return { attribute, severity, says: text.length > longestSays ? `${text.slice(0, longestSays)}…` : text };
}

function thingsOf({ ledger }: ReceiverCampaign): BuiltThings {
  const built = ledger.entries().flatMap((entry) => (entry.state === 'built' ? [entry] : []));
  const ids = new Set(built.map(({ id }) => id));
  const byRef = new Map(built.map(({ ref, id }) => [ref, id]));
  return { idOf: (ref) => byRef.get(ref) ?? null, has: (id) => ids.has(id) };
}
