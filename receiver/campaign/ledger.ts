import type { Built } from '../../shared/cloud/destination-cloud.ts';
import { Journal, readFacts } from '../../shared/journal.ts';
import type { Replaced } from '../../shared/model/replaced.ts';
import type { Ref } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';

/** The state of a campaign at the receiver, as its sender is told. */
export type CampaignStateAtReceiver = 'new' | 'configured' | 'completed' | 'committed' | 'removed';

/** The same states, and `removing`: its removal has begun and not ended. */
export type StandingAtReceiver = CampaignStateAtReceiver | 'removing';

/**
 * The order of states: a campaign never goes back to a lower rank, and never leaves the highest.
 */
const rank: Readonly<Record<StandingAtReceiver, number>> = {
  new: 0,
  configured: 1,
  completed: 2,
  removing: 3,
  removed: 4,
  committed: 4,
};

/**
 * What the ledger knows of one ref. `intended` alone: the call that creates it may have been
 * carried out or not; `claimed`: nothing existed in its place; `replaced`: the values that it
 * replaces. `bare`: a commit is done with it: our stamp is off, or an image is removed.
 * `properties`: of a disk, what its image was given. `released`: it was adopted, and is left as it
 * is.
 */
export type LedgerEntry =
  | { readonly state: 'intended'; readonly ref: Ref; readonly claimed?: boolean; readonly replaced?: Replaced }
  | ({
      readonly state: 'built';
      readonly ref: Ref;
      readonly bare?: true;
      readonly properties?: Readonly<Record<string, string>>;
      readonly replaced?: Replaced;
    } & Built)
  | { readonly state: 'released'; readonly ref: Ref; readonly id: string; readonly how: 'adopted' }
  | { readonly state: 'removed'; readonly ref: Ref };

const entryStates: ReadonlySet<string> = new Set<LedgerEntry['state']>(['intended', 'built', 'removed', 'released']);

type Line = LedgerEntry | { readonly campaign: StandingAtReceiver };

/** What the lines of a ledger say. */
export class LedgerState {
  readonly #entries = new Map<Ref, LedgerEntry>();
  #state: CampaignStateAtReceiver = 'new';
  #standing: StandingAtReceiver = 'new';

  constructor(lines: readonly Line[]) {
    for (const line of lines) this.take(line);
  }

  /** The campaign's state; while it is being removed, the state before. */
  get state(): CampaignStateAtReceiver {
    return this.#state;
  }

  get standing(): StandingAtReceiver {
    return this.#standing;
  }

  /** The latest entry of each ref, in the order they were first intended. */
  entries(): LedgerEntry[] {
    return [...this.#entries.values()];
  }

  get(ref: Ref): LedgerEntry | undefined {
    return this.#entries.get(ref);
  }

  /** Takes in the next line. Throws E_STATE_DAMAGED for one that only a later release knows. */
  take(line: Line): void {
    if ('campaign' in line ? !Object.hasOwn(rank, line.campaign) : !entryStates.has(line.state)) throw unknown(line);
    if ('campaign' in line) {
      // Ledgers of earlier releases may hold a step back.
      if (rank[line.campaign] <= rank[this.#standing]) return;
      this.#standing = line.campaign;
      if (line.campaign !== 'removing') this.#state = line.campaign;
      return;
    }
    // Deleting first keeps the map in the order of building; removal runs in reverse.
    if (line.state === 'intended') this.#entries.delete(line.ref);
    this.#entries.set(line.ref, released(line, this.#entries.get(line.ref)));
  }
}

/** Ledgers of earlier releases call removed what had been adopted, and was only let go. */
function released(line: LedgerEntry, before: LedgerEntry | undefined): LedgerEntry {
  if (line.state !== 'removed' || before?.state !== 'built' || before.how !== 'adopted') return line;
  return { state: 'released', ref: line.ref, id: before.id, how: 'adopted' };
}

/** What this campaign built for which source ref; the receiver MUST NOT delete anything else. */
export class Ledger {
  readonly #journal: Journal<Line>;
  readonly #is: LedgerState;

  private constructor(journal: Journal<Line>) {
    this.#journal = journal;
    this.#is = new LedgerState(journal.facts);
  }

  /** Throws E_STATE_DAMAGED. */
  static async open(path: string): Promise<Ledger> {
    const journal = await Journal.open<Line>(path);
    try {
      return new Ledger(journal);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** What a ledger says that stays closed. Throws E_STATE_DAMAGED. */
  static async look(path: string): Promise<LedgerState> {
    return new LedgerState(await readFacts<Line>(path));
  }

  /** The campaign's state; while it is being removed, the state before. */
  get state(): CampaignStateAtReceiver {
    return this.#is.state;
  }

  get standing(): StandingAtReceiver {
    return this.#is.standing;
  }

  /** The latest entry of each ref, in the order they were first intended. */
  entries(): LedgerEntry[] {
    return this.#is.entries();
  }

  get(ref: Ref): LedgerEntry | undefined {
    return this.#is.get(ref);
  }

  /** Notes that a ref is about to be built; MUST be durable before the cloud is asked. */
  intend(ref: Ref, claimed = false, replaced?: Replaced): Promise<void> {
    return this.#add({
      state: 'intended',
      ref,
      ...(claimed ? { claimed } : {}),
      ...(replaced === undefined ? {} : { replaced }),
    });
  }

  built(ref: Ref, built: Built, properties?: Readonly<Record<string, string>>): Promise<void> {
    const before = this.get(ref);
    const replaced = before?.state === 'intended' ? before.replaced : undefined;
    return this.#add({
      state: 'built',
      ref,
      ...built,
      ...(properties === undefined ? {} : { properties }),
      ...(replaced === undefined ? {} : { replaced }),
    });
  }

  /** Notes that a commit is done with what was built for a ref. */
  async bared(ref: Ref): Promise<void> {
    const entry = this.get(ref);
    if (entry?.state === 'built') await this.#add({ ...entry, bare: true });
  }

  /** Notes that a ref is no longer ours: it was removed, or let go where it had been adopted. */
  gone(ref: Ref): Promise<void> {
    return this.#add(released({ state: 'removed', ref }, this.get(ref)));
  }

  /** Notes the campaign's state; a state that was reached or passed already writes no line. */
  async reach(standing: StandingAtReceiver): Promise<void> {
    if (rank[standing] > rank[this.#is.standing]) await this.#add({ campaign: standing });
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  async #add(line: Line): Promise<void> {
    await this.#journal.append(line);
    this.#is.take(line);
  }
}

/** What is not understood MUST NOT be acted upon: it may be a commit of another kind. */
function unknown(line: Line): Problem {
  return new Problem('E_STATE_DAMAGED', `The ledger says ${JSON.stringify(line)}, which this release does not know.`, {
    hint: 'Go on with the release that wrote it.',
  });
}
