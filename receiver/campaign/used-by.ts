import { inParallel } from '../../shared/concurrency/parallel.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { raisesOf } from '../../shared/model/quota-set.ts';
import type { Replaced } from '../../shared/model/replaced.ts';
import { type Kind, kindOf, refOf } from '../../shared/model/resource.ts';
import type { LedgerEntry, LedgerState } from './ledger.ts';

/** All campaigns, with their ledgers and documents. */
interface Records {
  ids(): Promise<string[]>;
  look(id: string): Promise<Pick<LedgerState, 'standing' | 'entries'>>;
  /** Null where a campaign has none, or none that can be read. */
  documentOf(id: string): Promise<Configurations | null>;
}

/** What a removal of everything does with one thing. `values`: of those that it puts back. */
export type Use =
  | { readonly does: 'remove'; readonly replaced?: Replaced | undefined }
  | { readonly does: 'leave' }
  | { readonly does: 'keep'; readonly why: string };

/** Ledgers that are read at once. */
const width = 4;

/**
 * Kinds without a stamp: campaigns adopt each other's without knowing whose they are, and the cloud
 * refuses no removal of one that is used.
 */
const shared: ReadonlySet<Kind> = new Set([
  'quota_set',
  'project',
  'role_assignment',
  'keypair',
  'server_group',
  'rbac_policy',
  'dns_zone',
  'dns_record_set',
]);

interface Other {
  readonly id: string;
  readonly isOver: boolean;
  /** Null for a ledger that cannot be read. */
  readonly entries: readonly LedgerEntry[] | null;
}

/**
 * Judges what a campaign removes by what other campaigns count on. One that may still be rolled
 * back keeps it where it is, until that is over; one that is committed has it for ever. Ledgers are
 * read once.
 */
export async function usesBesides(records: Records, campaign: string): Promise<(entry: LedgerEntry | undefined) => Promise<Use>> {
  const others: Other[] = [];
  const ids = (await records.ids()).filter((id) => id !== campaign);
  await inParallel(ids, width, async (id) => {
    const ledger = await records.look(id).catch(() => null);
    // Whoever removes what it has needs nothing any more.
    if (ledger?.standing === 'removing' || ledger?.standing === 'removed') return;
    others.push({ id, isOver: ledger?.standing === 'committed', entries: ledger?.entries() ?? null });
  });
  others.sort((a, b) => a.id.localeCompare(b.id));
  return (entry) => useOf(records, others, entry);
}

async function useOf(records: Records, others: readonly Other[], own: LedgerEntry | undefined): Promise<Use> {
  if (own?.state !== 'built' || own.how === 'adopted') return { does: 'remove' };
  const kind = kindOf(own.ref);
  let replaced = own.replaced;
  let use: Use = { does: 'remove', replaced };
  for (const { id, isOver, entries } of others) {
    const theirs = entries?.find((entry) => entry.state === 'built' && kindOf(entry.ref) === kind && entry.id === own.id);
    if (entries === null && shared.has(kind))
      return { does: 'keep', why: `Campaign ${id} may need it, and its ledger cannot be read.` };
    if (theirs?.state !== 'built' || (isOver && !shared.has(kind))) continue;
    const needs = replaced === undefined ? null : neededOf(theirs, replaced, await records.documentOf(id));
    if (needs === null ? theirs.how !== 'adopted' : Object.keys(needs).length === 0) continue;
    if (!isOver) return { does: 'keep', why: `Campaign ${id} needs it${inWords(needs)}; commit it or roll it back first.` };
    if (needs === null) use = { does: 'leave' };
    else {
      replaced = lessened(replaced ?? {}, needs);
      use = { does: 'remove', replaced };
    }
  }
  return use;
}

/** Of the values that a campaign set, by name: what another one needs there. */
function neededOf(theirs: LedgerEntry, set: Replaced, document: Configurations | null): Readonly<Record<string, unknown>> {
  const needs: Record<string, unknown> = {};
  for (const [name, { was, is }] of Object.entries(set)) {
    const need = needOf(theirs, name, was, is, document);
    if (need !== undefined) needs[name] = need;
  }
  return needs;
}

function needOf(theirs: LedgerEntry, name: string, was: unknown, is: unknown, document: Configurations | null): unknown {
  // It replaced what this campaign had set, and will put that back.
  const standsOn = theirs.state === 'built' && theirs.replaced?.[name]?.was === is;
  if (standsOn || document === null) return is;
  const set = document.quota_sets.find(({ id }) => refOf('quota_set', id) === theirs.ref);
  if (set !== undefined && typeof was === 'number' && typeof is === 'number') return quotaWanted(name, was, is, set.limits[name]);
  const texts = document.projects.find(({ id }) => refOf('project', id) === theirs.ref);
  const isWanted = name === 'description' ? texts?.description === is : texts?.tags.some((tag) => tag === is);
  return isWanted === true ? is : undefined;
}

function quotaWanted(name: string, was: number, is: number, limit: number | undefined): number | undefined {
  const raise = raisesOf({ [name]: limit ?? was }, { [name]: was })[name];
  if (raise === undefined) return undefined;
  const isMore = is >= 0 && (raise.is < 0 || raise.is > is);
  return isMore ? is : raise.is;
}

/** What is put back instead: what was there, or what another campaign needs. */
function lessened(replaced: Replaced, needs: Readonly<Record<string, unknown>>): Replaced {
  const back = Object.entries(replaced).map(([name, { was, is }]) => {
    const value = Object.hasOwn(needs, name) ? needs[name] : was;
    return [name, { was: value, is }] as const;
  });
  return Object.fromEntries(back.filter(([, { was, is }]) => was !== is));
}

function inWords(needs: Readonly<Record<string, unknown>> | null): string {
  const list = Object.entries(needs ?? {}).map(([name, value]) => `${name} ${String(value)}`);
  return list.length === 0 ? '' : ` (${list.join(', ')})`;
}
