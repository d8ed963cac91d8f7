import type { WebSocket } from 'ws';
import { firstKeyOf } from '../../protocol/transport/peers.ts';
import { Problem } from '../../shared/problem.ts';
import { SharedWindow } from '../disks/pull/shared-window.ts';
import { Budget } from '../disks/store/budget.ts';
import { Session, type SessionTools } from './session.ts';
import { Turns } from './turns.ts';

/** Least bytes of disks that may be requested of all senders together. */
const allWindowsBytes = 64 * 1024 * 1024;

/** Most bytes of documents that come in parts, of all connections together: four long ones. */
const documentBytes = 256 * 1024 * 1024;

/** The peer of a connection: its name for people, its key for us. */
export interface ConnectedPeer {
  readonly name: string;
  readonly fingerprint: string;
  /** The key it was paired with, where a rotation has replaced that. */
  readonly first_fingerprint?: string | undefined;
}

/** One session, as it is shown. Times are ISO 8601, UTC. */
export interface SessionStatus {
  readonly peer: string;
  readonly campaign: string | null;
  readonly since: string;
  readonly lanes: number;
}

/** What all sessions of a receiver share, beside what is made here. */
type SharedTools = Omit<SessionTools, 'owner' | 'takeOver' | 'join' | 'documents' | 'window' | 'preflights' | 'verifications'>;

/** Every connection of this receiver that is open: sessions, and the lanes of sessions. */
export class Sessions {
  readonly #tools: SharedTools;
  /** Whatever the number of campaigns, beside one pull of each. */
  readonly #window: SharedWindow;
  readonly #documents = new Budget(documentBytes);
  readonly #preflights = new Turns('preflights');
  readonly #verifications = new Turns('verifications');
  readonly #open = new Map<Session, { readonly from: ConnectedPeer; readonly done: Promise<void> }>();

  constructor(tools: SharedTools) {
    this.#tools = tools;
    // A session that is alone gets a third of it, which is all that one may have.
    this.#window = new SharedWindow(Math.max(allWindowsBytes, 3 * tools.windowBytes));
  }

  /** Serves an open socket until it is closed. MUST be called in the turn in which it opened. */
  serve(socket: WebSocket, from: ConnectedPeer): void {
    const owner = firstKeyOf(from);
    const session: Session = new Session(socket, {
      ...this.#tools,
      owner,
      documents: this.#documents,
      preflights: this.#preflights,
      verifications: this.#verifications,
      window: this.#window.shareOf(owner),
      takeOver: (campaign, bind) => this.#takeOver(campaign, session, bind),
      join: (id) => this.#join(id, session),
    });
    const done = session.run().finally(() => this.#open.delete(session));
    this.#open.set(session, { from, done });
  }

  status(): readonly SessionStatus[] {
    return [...this.#open]
      .filter(([session]) => !session.isLane)
      .map(([{ campaign, since, lanes }, { from }]) => ({ peer: from.name, campaign, since, lanes }));
  }

  /** Closes every connection normally; resolves when all are closed. */
  async close(reason: string): Promise<void> {
    const open = [...this.#open];
    await Promise.all(open.map(([session]) => session.close(reason)));
    await Promise.all(open.map(([, { done }]) => done));
  }

  /**
   * Ends every other session of a campaign, such as one on a link that broke unnoticed, and binds
   * this one. There MUST be no wait between the last check and `bind`.
   */
  async #takeOver(campaign: string, by: Session, bind: () => void): Promise<void> {
    for (;;) {
      const older = [...this.#open].filter(([session]) => session !== by && session.campaign === campaign);
      if (older.length === 0) return bind();
      await Promise.all(older.map(([session]) => session.close('Another connection serves this campaign now.')));
      await Promise.all(older.map(([, { done }]) => done));
    }
  }

  /** A peer with another key is not told whether a session exists. */
  #join(id: string, lane: Session): void {
    const own = this.#open.get(lane)?.from.fingerprint;
    const same = [...this.#open].find(([session, { from }]) => session.id === id && from.fingerprint === own);
    if (same === undefined || same[0].campaign === null) {
      throw new Problem('E_NOT_FOUND', 'There is no such session of this peer.', {
        hint: 'The session ended before its lane was open; the sender opens another.',
      });
    }
    same[0].carry(lane);
  }
}
