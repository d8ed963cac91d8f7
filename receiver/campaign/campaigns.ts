import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '../../shared/absent.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { Semaphore } from '../../shared/concurrency/semaphore.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { Id } from '../../shared/model/resource.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { imagesOf, matching } from '../disks/dedup/image-donors.ts';
import { Budget } from '../disks/store/budget.ts';
import { FreeSpace } from '../disks/store/free-space.ts';
import { Archive } from './archive.ts';
import { type CampaignTools, documentAt, ReceiverCampaign } from './campaign.ts';
import type { KeptUsers } from './kept.ts';
import { Ledger, LedgerState, type StandingAtReceiver } from './ledger.ts';
import { isMadeByAnother } from './made-by.ts';
import { claim, give, type Owner, operator, ownerOf } from './owner.ts';
import { usesBesides } from './used-by.ts';

/** Most bytes that the indexes of all campaigns take together. */
const indexBytes = 64 * 1024 * 1024;

/**
 * Most bytes that the states of blocks take in all campaigns together: those of 32 TiB that is
 * neither all zeros nor sealed.
 */
const blockStateBytes = 512 * 1024 * 1024;

/** Ledgers that are read at once. */
const looksAtOnce = 16;

/** Where one campaign stands; a problem where what is stored of it cannot be read. */
interface CampaignLook {
  readonly id: string;
  readonly state: StandingAtReceiver | Problem;
  readonly built: number;
}

/**
 * Where all campaigns stand: those that are not over, and the newest of the `endedCount` that are.
 */
export interface Overview {
  readonly live: readonly CampaignLook[];
  readonly ended: readonly CampaignLook[];
  readonly endedCount: number;
}

/** Every campaign of this receiver, each opened once. */
export class Campaigns implements KeptUsers {
  readonly #state: string;
  readonly #tools: CampaignTools;
  readonly #open = new Map<string, Promise<ReceiverCampaign>>();
  /** Campaigns that are being closed; who wants one of them opens it anew after that. */
  readonly #closing = new Map<string, Promise<void>>();
  /** How many sessions each campaign was given to, or is being opened for. */
  readonly #users = new Map<string, number>();
  readonly #archive: Archive;
  readonly #looking = new Semaphore(1);

  constructor(
    state: string,
    tools: Omit<CampaignTools, 'freeSpace' | 'indexMemory' | 'blockMemory' | 'isMadeByAnother' | 'usesBesides'>,
  ) {
    this.#state = state;
    this.#archive = new Archive(state);
    this.#tools = {
      ...tools,
      freeSpace: new FreeSpace(state),
      indexMemory: new Budget(indexBytes),
      blockMemory: new Budget(blockStateBytes),
      isMadeByAnother: (...given) => isMadeByAnother(this, ...given),
      usesBesides: (campaign) => usesBesides(this, campaign),
    };
  }

  /**
   * The campaign of an id for its owner; a new one is his from now on. Throws E_NOT_FOUND, with one
   * sentence for all reasons, where it is not his; E_STATE_DAMAGED, E_DISK_FULL.
   */
  async openFor(owner: Owner, id: string): Promise<ReceiverCampaign> {
    if (!(await claim(this.#folder(id), owner))) throw notYours(id);
    // Counted before it is there, so that no session that ends meanwhile closes it.
    this.#users.set(id, (this.#users.get(id) ?? 0) + 1);
    try {
      return await this.open(id);
    } catch (error) {
      this.#countOff(id);
      throw error;
    }
  }

  /**
   * A session that was given a campaign has ended. Resolves, and never rejects, when a campaign
   * that is over, or was never begun, and was given to no other is closed, which waits for its
   * commit or removal.
   */
  async leave(id: string): Promise<void> {
    this.#countOff(id);
    const campaign = await this.opened(id);
    if (campaign === undefined || this.#users.has(id)) return;
    await campaign.afterWork(async () => {
      // Looked at once more: the work may have been long.
      const now = await this.opened(id);
      if (now !== campaign || this.#users.has(id) || !(isOver(campaign.ledger.standing) || isUnbegun(campaign))) return;
      const closing = this.#close(id, campaign);
      this.#closing.set(id, closing);
      await closing;
    });
  }

  /** It stays open until it is closed: nobody opens its files a second time meanwhile. */
  async #close(id: string, campaign: ReceiverCampaign): Promise<void> {
    try {
      await campaign.close();
    } catch (error) {
      this.#tools.log.warn({ err: error, campaign: id }, 'a campaign that is over could not be closed');
    }
    this.#open.delete(id);
    this.#closing.delete(id);
  }

  #countOff(id: string): void {
    const users = (this.#users.get(id) ?? 1) - 1;
    if (users > 0) this.#users.set(id, users);
    else this.#users.delete(id);
  }

  /** Who began a campaign; null where nobody has. Throws E_STATE_DAMAGED. */
  ownerOf(id: string): Promise<Owner | null> {
    return ownerOf(this.#folder(id));
  }

  /**
   * Hands a campaign to another sender. Throws E_CAMPAIGN_STATE while one of the `paired` keys owns
   * it, or the operator does; E_STATE_DAMAGED, E_DISK_FULL.
   */
  async give(id: string, owner: Owner, paired: ReadonlySet<Owner>): Promise<void> {
    const now = await ownerOf(this.#folder(id));
    if (now === owner) return;
    if (now === operator)
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} came as a bundle; no sender can continue it.`, {
        about: id,
        hint: 'End it here: `receiver commit` or `receiver rollback`.',
      });
    if (now !== null && paired.has(now))
      throw new Problem('E_CAMPAIGN_STATE', `The sender that owns campaign ${id} is still paired, and may be at work on it.`, {
        about: id,
        hint: 'If it will not come back, `receiver unpair` it first.',
      });
    await give(this.#folder(id), owner);
  }

  /** The campaign of an id, known or new, whoever owns it. */
  async open(id: string): Promise<ReceiverCampaign> {
    await this.#closing.get(id);
    const known = this.#open.get(id);
    if (known !== undefined) return await known;
    const opening = ReceiverCampaign.open(this.#state, id, this.#tools);
    this.#open.set(id, opening);
    opening.catch(() => this.#open.delete(id));
    return await opening;
  }

  /**
   * The room that donor images need beside the disks of a document: each as stored, and as the
   * guest sees it.
   */
  async imageDonorBytes(document: Configurations, signal: AbortSignal): Promise<number> {
    const { cloud, images } = this.#tools;
    const donors = await matching(await cloud(), imagesOf(document), images, signal);
    return 2 * [...donors.values()].reduce((sum, { size }) => sum + size, 0);
  }

  async userOf(folder: string): Promise<string | null> {
    for (const campaign of await this.#opened()) if (campaign.takesFrom(folder)) return campaign.id;
    return null;
  }

  async letGo(path: string): Promise<void> {
    for (const { disks } of await this.#opened()) await disks.letGo(path);
  }

  /** The ids of every campaign that has a folder. */
  async ids(): Promise<string[]> {
    const names = await readdir(join(this.#state, 'campaigns')).catch(ifAbsent<string[]>([]));
    return names.filter((name) => Id.safeParse(name).success && !name.startsWith('.')).sort();
  }

  /**
   * Where every campaign stands that is not over, and the newest ones that are. Opens none: their
   * ledgers are read, and of those that are over not even that.
   */
  overview(mostEnded: number): Promise<Overview> {
    // One at a time: two would note the same campaign as over.
    return this.#looking.run(() => this.#overview(mostEnded));
  }

  async #overview(mostEnded: number): Promise<Overview> {
    const ended = await this.#archive.list();
    const known = new Set(ended.map(({ id }) => id));
    const live: CampaignLook[] = [];
    await inParallel(
      (await this.ids()).filter((id) => !known.has(id)),
      looksAtOnce,
      async (id) => {
        const look = await this.look(id).catch((error: unknown) => asProblem(error));
        const state = look instanceof Problem ? look : look.standing;
        const built = look instanceof Problem ? 0 : builtIn(look);
        if (!(await this.#archived(id, state, built))) live.push({ id, built, state });
      },
    );
    const all = live.length + known.size < (await this.ids()).length ? await this.#archive.list() : ended;
    const shown = await Promise.all(
      all.slice(0, mostEnded).map(async (one) => {
        const summary = await this.#archive.read(one).catch((error: unknown) => ({ state: asProblem(error), built: 0 }));
        return { id: one.id, ...summary };
      }),
    );
    return { live: live.sort((a, b) => a.id.localeCompare(b.id)), ended: shown, endedCount: all.length };
  }

  /** Notes a campaign that is over; false for any other, and where the disk is full. */
  async #archived(id: string, state: StandingAtReceiver | Problem, built: number): Promise<boolean> {
    if (state instanceof Problem || !isOver(state)) return false;
    try {
      await this.#archive.add(id, { state, built });
      return true;
    } catch (error) {
      if (asProblem(error).code !== 'E_DISK_FULL') throw error;
      return false;
    }
  }

  /**
   * What the ledger of a campaign says, which is not opened for it; a folder without one is of a
   * campaign that did not begin. Throws E_STATE_DAMAGED.
   */
  async look(id: string): Promise<Pick<LedgerState, 'standing' | 'entries'>> {
    const opened = await this.#open.get(id)?.catch(() => undefined);
    if (opened !== undefined) return opened.ledger;
    const ledger = Ledger.look(join(this.#folder(id), 'ledger.jsonl')).catch(ifAbsent(new LedgerState([])));
    return await ledger.catch((error: unknown) => this.#lookInArchive(id, error));
  }

  /** Whatever its ledger is like, a campaign that was removed has nothing. Throws the error. */
  async #lookInArchive(id: string, error: unknown): Promise<LedgerState> {
    const ended = (await this.#archive.list()).find((one) => one.id === id);
    const summary = ended === undefined ? null : await this.#archive.read(ended).catch(() => null);
    if (summary?.state !== 'removed') throw error;
    return new LedgerState([{ campaign: 'removed' }]);
  }

  /** The document of a campaign, which is not opened for it; null where there is none to read. */
  async documentOf(id: string): Promise<Configurations | null> {
    const opened = await this.opened(id);
    return opened === undefined ? await documentAt(this.#folder(id)).catch(() => null) : opened.document;
  }

  /** A campaign that is open now; undefined where it is not. */
  async opened(id: string): Promise<ReceiverCampaign | undefined> {
    return await this.#open.get(id)?.catch(() => undefined);
  }

  /** A campaign that exists. Throws E_NOT_FOUND. */
  async known(id: string): Promise<ReceiverCampaign> {
    if (!(await this.ids()).includes(id)) throw new Problem('E_NOT_FOUND', `There is no campaign ${id} here.`);
    return this.open(id);
  }

  /** Has every commit, removal and build under way end where it is; see `ReceiverCampaign.stop`. */
  async interrupt(): Promise<void> {
    for (const campaign of await this.#opened()) campaign.interrupt();
  }

  /** Stops what is under way in every campaign, and closes each once that has stopped. */
  async close(): Promise<void> {
    await Promise.all((await this.#opened()).map((campaign) => campaign.stop()));
  }

  #folder(id: string): string {
    return join(this.#state, 'campaigns', id);
  }

  async #opened(): Promise<ReceiverCampaign[]> {
    const campaigns = await Promise.allSettled(this.#open.values());
    return campaigns.flatMap((campaign) => (campaign.status === 'fulfilled' ? [campaign.value] : []));
  }
}

function isOver(standing: StandingAtReceiver): standing is 'committed' | 'removed' {
  return standing === 'committed' || standing === 'removed';
}

/** Whether nothing was said of a campaign but its id: a peer may open any number of these. */
function isUnbegun({ ledger, mappings }: ReceiverCampaign): boolean {
  return ledger.standing === 'new' && mappings === undefined && ledger.entries().length === 0;
}

function builtIn(ledger: Pick<LedgerState, 'entries'>): number {
  return ledger.entries().filter(({ state }) => state === 'built').length;
}

/** The problem does not say whether the campaign exists: only its owner may know. */
function notYours(id: string): Problem {
  return new Problem('E_NOT_FOUND', `There is no campaign ${id} of this peer, and none can be begun under that id.`, {
    about: id,
    hint: 'A campaign belongs to the key that began it. Start another one with `sender migrate`.',
  });
}
