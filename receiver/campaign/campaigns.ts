import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '../../shared/absent.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { Id } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { imagesOf, matching } from '../disks/dedup/image-donors.ts';
import { Budget } from '../disks/store/budget.ts';
import { FreeSpace } from '../disks/store/free-space.ts';
import { type CampaignTools, ReceiverCampaign } from './campaign.ts';
import type { KeptUsers } from './kept.ts';
import { claim, give, type Owner, operator, ownerOf } from './owner.ts';

/** Most bytes that the indexes of all campaigns take together. */
const indexBytes = 64 * 1024 * 1024;

/**
 * Most bytes that the states of blocks take in all campaigns together: those of 32 TiB that is
 * neither all zeros nor sealed.
 */
const blockStateBytes = 512 * 1024 * 1024;

/** Every campaign of this receiver, each opened once. */
export class Campaigns implements KeptUsers {
  readonly #state: string;
  readonly #tools: CampaignTools;
  readonly #open = new Map<string, Promise<ReceiverCampaign>>();

  constructor(state: string, tools: Omit<CampaignTools, 'freeSpace' | 'indexMemory' | 'blockMemory'>) {
    this.#state = state;
    this.#tools = {
      ...tools,
      freeSpace: new FreeSpace(state),
      indexMemory: new Budget(indexBytes),
      blockMemory: new Budget(blockStateBytes),
    };
  }

  /**
   * The campaign of an id for its owner; a new one is his from now on. Throws E_NOT_FOUND, with one
   * sentence for all reasons, where it is not his; E_STATE_DAMAGED, E_DISK_FULL.
   */
  async openFor(owner: Owner, id: string): Promise<ReceiverCampaign> {
    if (!(await claim(this.#folder(id), owner))) throw notYours(id);
    return this.open(id);
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
  open(id: string): Promise<ReceiverCampaign> {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const opening = ReceiverCampaign.open(this.#state, id, this.#tools);
    this.#open.set(id, opening);
    opening.catch(() => this.#open.delete(id));
    return opening;
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

  /** A campaign that exists. Throws E_NOT_FOUND. */
  async known(id: string): Promise<ReceiverCampaign> {
    if (!(await this.ids()).includes(id)) throw new Problem('E_NOT_FOUND', `There is no campaign ${id} here.`);
    return this.open(id);
  }

  async close(): Promise<void> {
    for (const campaign of await this.#opened()) await campaign.close();
  }

  #folder(id: string): string {
    return join(this.#state, 'campaigns', id);
  }

  async #opened(): Promise<ReceiverCampaign[]> {
    const campaigns = await Promise.allSettled(this.#open.values());
    return campaigns.flatMap((campaign) => (campaign.status === 'fulfilled' ? [campaign.value] : []));
  }
}

/** The problem does not say whether the campaign exists: only its owner may know. */
function notYours(id: string): Problem {
  return new Problem('E_NOT_FOUND', `There is no campaign ${id} of this peer, and none can be begun under that id.`, {
    about: id,
    hint: 'A campaign belongs to the key that began it. Start another one with `sender migrate`.',
  });
}
