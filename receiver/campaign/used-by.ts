import { inParallel } from '../../shared/concurrency/parallel.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { raisesOf } from '../../shared/model/quota-set.ts';
import type { Replaced } from '../../shared/model/replaced.ts';
import { type Kind, kindOf, refOf } from '../../shared/model/resource.ts';
import type { LedgerEntry, LedgerState, StandingAtReceiver } from './ledger.ts';

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
  /** Null for a ledger that cannot be read. */
  readonly ledger: { readonly standing: StandingAtReceiver; readonly entries: readonly LedgerEntry[] } | null;
}

/** What is, or may be, at the destination. */
type EntryThere = Extract<LedgerEntry, { state: 'built' | 'intended' }>;

/**
 * Judges what a campaign removes by what other campaigns count on. One that may still be rolled
 * back keeps it where it is, until that is over; one that is committed has it for ever. A removal
 * may take hours: ledgers are read anew when the turn comes to another kind that is shared.
 */
export function usesBesides(records: Records, campaign: string): (entry: LedgerEntry | undefined) => Promise<Use> {
  let others: readonly Other[] | null = null;
  let before: Kind | null = null;
  return async (entry) => {
    if (entry === undefined || !mayBeUsed(entry)) return { does: 'remove' };
    const kind = kindOf(entry.ref);
    if (others === null || (shared.has(kind) && kind !== before)) others = await othersThan(records, campaign);
    before = kind;
    return await useOf(records, others, entry);
  };
}

async function othersThan(records: Records, campaign: string): Promise<readonly Other[]> {
  const others: Other[] = [];
  const ids = (await records.ids()).filter((id) => id !== campaign);
  await inParallel(ids, width, async (id) => {
    const ledger = await records.look(id).catch(() => null);
    if (ledger?.standing === 'removed') return;
    others.push({ id, ledger: ledger === null ? null : { standing: ledger.standing, entries: ledger.entries() } });
  });
  return others.sort((a, b) => a.id.localeCompare(b.id));
}

/** Whether others may count on what an entry says: values are there before their entry is built. */
function mayBeUsed(entry: LedgerEntry): entry is EntryThere {
  return entry.state === 'built' ? entry.how !== 'adopted' : entry.state === 'intended' && entry.replaced !== undefined;
}

async function useOf(records: Records, others: readonly Other[], own: EntryThere): Promise<Use> {
  const isShared = shared.has(kindOf(own.ref));
  let replaced = own.replaced;
  let use: Use = { does: 'remove', replaced };
  for (const { id, ledger } of others) {
    if (ledger === null && isShared) return { does: 'keep', why: unreadable(id) };
    const theirs = ledger?.entries.find((entry) => isOfSame(own, entry));
    if (ledger === null || theirs === undefined || (ledger.standing === 'committed' && !isShared)) continue;
    const isRemoving = ledger.standing === 'removing';
    const document = isRemoving || replaced === undefined ? null : await records.documentOf(id);
    const needs = replaced === undefined ? null : isRemoving ? stoodOn(theirs, replaced) : neededOf(theirs, replaced, document);
    if (needs === null ? isRemoving || !isAdopted(theirs) : Object.keys(needs).length === 0) continue;
    if (ledger.standing !== 'committed') return { does: 'keep', why: needed(id, needs, isRemoving) };
    if (needs === null) use = { does: 'leave' };
    else {
      replaced = lessened(replaced ?? {}, needs);
      use = { does: 'remove', replaced };
    }
  }
  return use;
}

/** Whether another campaign's entry is of the same thing. */
function isOfSame(own: EntryThere, theirs: LedgerEntry): theirs is EntryThere {
  const kind = kindOf(own.ref);
  if (kindOf(theirs.ref) !== kind) return false;
  if (own.state === 'built' && theirs.state === 'built') return own.id === theirs.id;
  if (theirs.state !== 'built' && theirs.state !== 'intended') return false;
  // What is not built has no id yet, but there is one project, with one set of quotas a service.
  const hasValues = own.replaced !== undefined && (theirs.state === 'built' || theirs.replaced !== undefined);
  return hasValues && (kind === 'project' || own.ref === theirs.ref);
}

function isAdopted(entry: EntryThere): boolean {
  return entry.state === 'built' && entry.how === 'adopted';
}

/**
 * Of the values that a campaign set: those that another one replaced, and is about to put back. Two
 * that replaced each other's do not wait for each other.
 */
function stoodOn(theirs: EntryThere, set: Replaced): Readonly<Record<string, unknown>> {
  const stood = Object.entries(set).filter(([name, { was, is }]) => {
    const later = theirs.replaced?.[name];
    return later !== undefined && later.was === is && later.is !== was;
  });
  return Object.fromEntries(stood.map(([name, { is }]) => [name, is]));
}

/** Of the values that a campaign set, by name: what another one needs there. */
function neededOf(theirs: EntryThere, set: Replaced, document: Configurations | null): Readonly<Record<string, unknown>> {
  const needs: Record<string, unknown> = {};
  for (const [name, { was, is }] of Object.entries(set)) {
    const need = needOf(theirs, name, was, is, document);
    if (need !== undefined) needs[name] = need;
  }
  return needs;
}

function needOf(theirs: EntryThere, name: string, was: unknown, is: unknown, document: Configurations | null): unknown {
  // It replaced what this campaign had set, and will put that back.
  const standsOn = theirs.replaced?.[name]?.was === is;
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

function needed(id: string, needs: Readonly<Record<string, unknown>> | null, isRemoving: boolean): string {
  const way = isRemoving ? 'let its rollback end first' : 'commit it or roll it back first';
  return `Campaign ${id} needs it${inWords(needs)}; ${way}.`;
}

function unreadable(id: string): string {
  const way = 'Restore that file; or, if that campaign is over, move its folder out of the receiver’s state.';
  return `Campaign ${id} may need it, and its ledger cannot be read (\`receiver ledger\` says why). ${way}`;
}

function inWords(needs: Readonly<Record<string, unknown>> | null): string {
  const list = Object.entries(needs ?? {}).map(([name, value]) => `${name} ${String(value)}`);
  return list.length === 0 ? '' : ` (${list.join(', ')})`;
}
