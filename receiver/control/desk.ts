import { join } from 'node:path';
import { printFingerprint } from '../../protocol/transport/certificate.ts';
import type { PairingWindow } from '../../protocol/transport/pairing-window.ts';
import type { Peers } from '../../protocol/transport/peers.ts';
import { wholeId } from '../../shared/campaign-id.ts';
import type { DestinationCloud } from '../../shared/cloud/cloud.ts';
import { freeBytes } from '../../shared/disk/free.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import { Problem } from '../../shared/problem.ts';
import { Checker } from '../bundle/check.ts';
import { Importer, wasImported } from '../bundle/import.ts';
import { Imports } from '../bundle/imports.ts';
import type { Outlook } from '../bundle/outlook.ts';
import { readWithProgress } from '../bundle/read-with-progress.ts';
import type { Campaign } from '../campaign/campaign.ts';
import type { Campaigns } from '../campaign/campaigns.ts';
import { type Freed, freeKept, type KeptCampaign, listKept, type Unwanted } from '../campaign/kept.ts';
import type { Sessions } from '../session/sessions.ts';
import type { CheckNews, ImportNews, LedgerLine, ReceiverCommands, ReceiverStatus } from './commands.ts';

/** How long a pairing code lives unless the operator says otherwise: seconds. */
const codeLifeSeconds = 10 * 60;

/** What the desk works with. */
export interface DeskTools {
  readonly release: string;
  readonly listening: string;
  readonly state: string;
  readonly campaigns: Campaigns;
  readonly workers: WorkerPool;
  readonly sessions: Sessions;
  readonly window: PairingWindow;
  readonly peers: Peers;
  readonly rotate: () => Promise<string>;
  readonly cloud: () => Promise<DestinationCloud>;
}

/** Where operators' commands arrive. */
export class Desk implements ReceiverCommands {
  readonly #tools: DeskTools;
  readonly #imports = new Imports();

  constructor(tools: DeskTools) {
    this.#tools = tools;
  }

  async status(): Promise<ReceiverStatus> {
    const { release, listening, state, sessions } = this.#tools;
    const campaigns = await Promise.all((await this.#tools.campaigns.ids()).map((id) => this.#campaignStatus(id)));
    return {
      release,
      listening,
      sessions: sessions.status(),
      campaigns,
      stagingFreeBytes: await freeBytes(state),
    };
  }

  async pair(seconds = codeLifeSeconds): Promise<{ code: string; expiresAt: string; address: string }> {
    const code = this.#tools.window.open(seconds * 1000);
    return { code, expiresAt: new Date(Date.now() + seconds * 1000).toISOString(), address: this.#tools.listening };
  }

  async peers(): Promise<readonly { name: string; fingerprint: string; pairedAt: string }[]> {
    return (await this.#tools.peers.list()).map((peer) => ({
      name: peer.name,
      fingerprint: printFingerprint(peer.fingerprint),
      pairedAt: peer.paired_at,
    }));
  }

  async unpair(name: string): Promise<void> {
    await this.#tools.peers.remove(name);
  }

  async rotate(): Promise<{ fingerprint: string }> {
    return { fingerprint: await this.#tools.rotate() };
  }

  async ledger(wanted?: string): Promise<readonly LedgerLine[]> {
    const ids = wanted === undefined ? await this.#tools.campaigns.ids() : [wanted];
    const lines: LedgerLine[] = [];
    for (const id of ids) {
      const { ledger } = await this.#tools.campaigns.known(id);
      for (const entry of ledger.entries()) {
        const built = entry.state === 'built' ? entry : null;
        lines.push({ campaign: id, ref: entry.ref, state: entry.state, id: built?.id ?? null, how: built?.how ?? null });
      }
    }
    return lines;
  }

  kept(): Promise<readonly KeptCampaign[]> {
    return listKept(this.#keptRoot, this.#tools.campaigns);
  }

  async freeKept(unwanted: Unwanted): Promise<Freed> {
    const { campaigns } = this.#tools;
    return freeKept(this.#keptRoot, unwanted, await campaigns.ids(), campaigns);
  }

  /** Reads a bundle and tells each step as it is done; ends with what ended it. */
  import(bundle: AsyncIterable<Buffer>, mappings: Mappings, reader: AbortSignal): AsyncIterable<ImportNews> {
    const { campaigns, cloud, state } = this.#tools;
    const { signal, bind, end } = this.#imports.begin(reader);
    const begin = (tell: (news: ImportNews) => void) => {
      const says = (sentence: string): void => tell({ campaign: visitor.campaign, says: sentence });
      const visitor: Importer = new Importer({ campaigns, cloud, state, mappings, signal, bind, says });
      return { visitor, end: () => visitor.close().finally(end) };
    };
    return readWithProgress(bundle, begin, signal);
  }

  check(bundle: AsyncIterable<Buffer>, mappings: Mappings, signal: AbortSignal): AsyncIterable<CheckNews> {
    const { campaigns, cloud, workers, state } = this.#tools;
    const begin = (tell: (news: CheckNews) => void) => {
      const says = (sentence: string, outlook?: Outlook): void =>
        tell({ says: sentence, ...(outlook === undefined ? {} : { outlook }) });
      return { visitor: new Checker({ campaigns, cloud, workers, state, mappings, signal, says }), end: () => Promise.resolve() };
    };
    return readWithProgress(bundle, begin, signal);
  }

  async commit(wanted: string): Promise<{ freedBytes: number }> {
    return { freedBytes: await (await this.#imported(wanted)).commit() };
  }

  async rollback(wanted: string): Promise<{ removed: number }> {
    const campaign = await this.#imported(wanted);
    const { removed, kept } = await campaign.removeAll();
    const first = kept[0];
    if (first === undefined) return { removed: removed.length };
    throw new Problem('E_CONFLICT', `${kept.length} things could not be removed, first ${first.ref}: ${first.why}`, {
      about: first.ref,
      hint: 'Free it, then `receiver rollback` again: it goes on with what is left.',
    });
  }

  get #keptRoot(): string {
    return join(this.#tools.state, 'kept');
  }

  /** A campaign that came as a bundle; any other is its sender's to end. */
  async #imported(wanted: string): Promise<Campaign> {
    const id = wholeId(wanted, await this.#tools.campaigns.ids());
    const campaign = await this.#tools.campaigns.known(id);
    if (await wasImported(campaign)) return campaign;
    throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is driven by its sender.`, {
      hint: 'Ask there: `sender commit` or `sender rollback`.',
    });
  }

  async #campaignStatus(id: string): Promise<ReceiverStatus['campaigns'][number]> {
    const campaign = await this.#tools.campaigns.known(id);
    const built = campaign.ledger.entries().filter(({ state }) => state === 'built').length;
    const disks = campaign.disks
      .copies()
      .map((copy) => ({ id: copy.id, sizeBytes: copy.size, durableBytes: copy.durable, mended: copy.mended, sealed: false }));
    return { id, state: campaign.ledger.state, built, disks };
  }
}
