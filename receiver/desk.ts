import { printFingerprint } from '../protocol/transport/certificate.ts';
import type { PairingWindow } from '../protocol/transport/pairing-window.ts';
import type { Peers } from '../protocol/transport/peers.ts';
import { freeBytes } from '../shared/disk/free.ts';
import type { Campaigns } from './campaigns.ts';
import type { LedgerLine, ReceiverCommands, ReceiverStatus } from './commands.ts';
import type { Sessions } from './sessions.ts';

/** How long a pairing code lives unless the operator says otherwise: seconds. */
const codeLifeSeconds = 10 * 60;

/** What the desk works with. */
export interface DeskTools {
  readonly release: string;
  readonly listening: string;
  readonly state: string;
  readonly campaigns: Campaigns;
  readonly sessions: Sessions;
  readonly window: PairingWindow;
  readonly peers: Peers;
  readonly rotate: () => Promise<string>;
}

/** Where operators' commands arrive. */
export class Desk implements ReceiverCommands {
  readonly #tools: DeskTools;

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

  async #campaignStatus(id: string): Promise<ReceiverStatus['campaigns'][number]> {
    const campaign = await this.#tools.campaigns.known(id);
    const built = campaign.ledger.entries().filter(({ state }) => state === 'built').length;
    const disks = campaign.disks
      .copies()
      .map((copy) => ({ id: copy.id, sizeBytes: copy.size, durableBytes: copy.durable, mended: copy.mended, sealed: false }));
    return { id, state: campaign.ledger.state, built, disks };
  }
}
