import type { Built } from '../../shared/cloud/destination-cloud.ts';
import { Journal } from '../../shared/journal.ts';
import type { Ref } from '../../shared/model/resource.ts';

/** How far the receiver has got with a campaign. */
export type CampaignState = 'new' | 'configured' | 'completed' | 'committed' | 'removed';

/**
 * What the ledger knows of one ref. `intended` without a later line: the call that creates it may
 * or may not have been carried out; `claimed`: nothing stood in its place.
 */
export type Entry =
  | { readonly state: 'intended'; readonly ref: Ref; readonly claimed?: boolean }
  | ({ readonly state: 'built'; readonly ref: Ref } & Built)
  | { readonly state: 'removed'; readonly ref: Ref };

type Line = Entry | { readonly campaign: CampaignState };

/** What this campaign built for which source ref: the receiver's only licence to delete. */
export class Ledger {
  readonly #journal: Journal<Line>;
  readonly #entries = new Map<Ref, Entry>();
  #state: CampaignState = 'new';

  private constructor(journal: Journal<Line>) {
    this.#journal = journal;
    for (const line of journal.facts) this.#take(line);
  }

  static async open(path: string): Promise<Ledger> {
    return new Ledger(await Journal.open<Line>(path));
  }

  get state(): CampaignState {
    return this.#state;
  }

  /** The latest entry of each ref, in the order they were first intended. */
  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  get(ref: Ref): Entry | undefined {
    return this.#entries.get(ref);
  }

  /** Notes that a ref is about to be built; MUST be durable before the cloud is asked. */
  intend(ref: Ref, claimed = false): Promise<void> {
    return this.#add({ state: 'intended', ref, ...(claimed ? { claimed } : {}) });
  }

  built(ref: Ref, built: Built): Promise<void> {
    return this.#add({ state: 'built', ref, ...built });
  }

  removed(ref: Ref): Promise<void> {
    return this.#add({ state: 'removed', ref });
  }

  /** Notes how far the campaign is; the same state twice is one line. */
  async reach(state: CampaignState): Promise<void> {
    if (this.#state !== state) await this.#add({ campaign: state });
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  async #add(line: Line): Promise<void> {
    await this.#journal.append(line);
    this.#take(line);
  }

  #take(line: Line): void {
    if ('campaign' in line) {
      this.#state = line.campaign;
      return;
    }
    // Deleting first keeps the map in the order of the latest building, which is the order that
    // removal reverses.
    if (line.state === 'intended') this.#entries.delete(line.ref);
    this.#entries.set(line.ref, line);
  }
}
