import { inParallel } from '../../shared/concurrency/parallel.ts';
import { type Kind, kindOf } from '../../shared/model/resource.ts';
import type { LedgerEntry, LedgerState } from './ledger.ts';

/** All campaigns, and their ledgers. */
interface Ledgers {
  ids(): Promise<string[]>;
  look(id: string): Promise<Pick<LedgerState, 'entries'>>;
}

/** Ledgers that are read at once. */
const width = 4;

/**
 * Whether another campaign than this one has a thing of the destination, made or adopted, or may
 * have made it: it has begun to make one of this kind, or its ledger cannot be read. A thing
 * without a stamp that two campaigns may have made is deleted by neither.
 */
export async function isMadeByAnother(campaigns: Ledgers, campaign: string, kind: Kind, id: string): Promise<boolean> {
  let isMade = false;
  const others = (await campaigns.ids()).filter((one) => one !== campaign);
  await inParallel(others, width, async (one) => {
    if (isMade) return;
    const ledger = await campaigns.look(one).catch(() => null);
    isMade ||= ledger === null || ledger.entries().some((entry) => kindOf(entry.ref) === kind && mayBe(entry, id));
  });
  return isMade;
}

function mayBe(entry: LedgerEntry, id: string): boolean {
  if (entry.state === 'built') return entry.id === id;
  return entry.state === 'intended' && entry.claimed === true;
}
