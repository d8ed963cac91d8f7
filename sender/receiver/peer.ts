import type { WebSocket } from 'ws';
import { Connection, type ConnectionOptions } from '../../protocol/connection/connection.ts';
import { limits } from '../../protocol/limits.ts';
import type { Stretches } from '../../protocol/messages/field.ts';
import type { PackedPieces } from '../../protocol/messages/packed.ts';
import type { Handlers, Params, Requests, Result, SaidBy } from '../../protocol/messages.ts';
import type { Throttle } from '../../protocol/pacing/throttle.ts';
import { keepConnected } from '../../protocol/transport/reconnect.ts';
import { Condition } from '../../shared/concurrency/condition.ts';
import type { Log } from '../../shared/log.ts';
import type { Ref } from '../../shared/model/resource.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { say } from './hand-over.ts';
import { LaneBudget } from './lane-budget.ts';
import { type Connections, keepLanes } from './lanes.ts';

/** How a peer is reached, and its name. */
export interface PeerOptions {
  readonly name: string;
  readonly release: string;
  readonly log: Log;
  /** Opens a socket to the receiver; throws the problem that prevents it. */
  readonly dial: (signal: AbortSignal) => Promise<WebSocket>;
  /** The campaign its connections are bound to; null for one that only plans. */
  readonly campaign: string | null;
  /** How many connections carry its data. */
  readonly connections?: Connections;
  /** Bounds the lanes of all peers together. */
  readonly laneBudget?: LaneBudget;
  /** Bounds the data of all peers together. */
  readonly throttle?: Throttle;
  readonly onBuilt?: (ref: Ref, id: string, how: string) => void;
  /** Hears what the link does, in a sentence. */
  readonly onState?: (state: PeerState) => void;
}

/** What the link does now. */
export interface PeerState {
  readonly state: 'connected' | 'connecting';
  readonly says: string;
  readonly problem: Problem | null;
}

/** What the receiver may ask of an offered disk. */
export interface OfferedDisk {
  /** The bytes of pieces, in the order asked; they may refer back to `after`. */
  pull(pieces: Stretches, after?: Stretches[number]): Promise<PackedPieces>;
  /** The digests of the pieces of blocks, 8 bytes each, in the order asked. */
  refine(blocks: Stretches): Promise<Uint8Array>;
}

/** The receiver as seen from here: dials, dials again, and asks. One peer serves one campaign. */
export class Peer {
  readonly #options: PeerOptions;
  readonly #stopping = new AbortController();
  readonly #disks = new WeakMap<Connection<'sender'>, Map<number, OfferedDisk>>();
  #live: Connection<'sender'> | null = null;
  #state: PeerState = { state: 'connecting', says: 'Dialling the receiver.', problem: null };
  readonly #connected = new Condition();
  #dialling = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  get state(): PeerState {
    return this.#state;
  }

  /** Keeps a connection open until `stop`. */
  start(): void {
    this.#dialling = new AbortController();
    const over = AbortSignal.any([this.#stopping.signal, this.#dialling.signal]);
    this.#running = keepConnected((signal) => this.#options.dial(signal), {
      signal: over,
      onSocket: (socket, progressed) => this.#converse(socket, over, progressed),
      onState: (state) => {
        if (state.is !== 'waiting') return;
        const says = state.problem?.message ?? 'The receiver closed the connection.';
        this.#setState({
          state: 'connecting',
          says: `${says} Trying again in ${Math.ceil(state.delayMs / 1000)} s.`,
          problem: state.problem ?? null,
        });
      },
    });
  }

  /** Dials now instead of after the present pause: something has changed that may let us in. */
  async redial(): Promise<void> {
    this.#dialling.abort(new Problem('E_PEER_LOST', 'The receiver is dialled anew.'));
    await this.#live?.close('The receiver is dialled anew.');
    await this.#running;
    this.#setState({ state: 'connecting', says: 'Dialling the receiver.', problem: null });
    if (!this.#stopping.signal.aborted) this.start();
  }

  /**
   * Closes the connection, so that a new one is opened at once; resolves when that one is up, or
   * not within half a minute.
   */
  async reconnect(reason: string): Promise<void> {
    await this.#live?.close(reason);
    await this.connected(AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(30_000)]));
  }

  async stop(reason: string): Promise<void> {
    this.#stopping.abort(new Problem('E_PEER_LOST', reason));
    await this.#live?.close(reason);
    await this.#running;
  }

  /** The live connection; waits for one until the signal aborts. */
  async connected(signal: AbortSignal): Promise<Connection<'sender'>> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#live !== null) return this.#live;
      await this.#connected.wait([signal]);
    }
  }

  /**
   * Asks the receiver, as often as a broken link leaves the question unanswered: every request may
   * be repeated.
   */
  async ask<N extends Requests & SaidBy<'sender'>>(name: N, params: Params<N>, signal: AbortSignal): Promise<Result<N>> {
    for (;;) {
      const connection = await this.connected(signal);
      try {
        return await say(connection, name, params, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Problem) || error.code !== 'E_PEER_LOST') throw error;
        // The connection is over, but may not have been taken down yet.
        if (this.#live === connection) this.#live = null;
      }
    }
  }

  /** Answers what the receiver asks of one offered disk, until the returned function is called. */
  serve(connection: Connection<'sender'>, handle: number, disk: OfferedDisk): () => void {
    const disks = this.#disks.get(connection) ?? new Map<number, OfferedDisk>();
    this.#disks.set(connection, disks.set(handle, disk));
    return () => disks.delete(handle);
  }

  /**
   * One connection, from its open socket to its end. Throws what ended it, unless it was closed on
   * purpose.
   */
  async #converse(socket: WebSocket, over: AbortSignal, progressed: () => void): Promise<void> {
    const { name, release, log, campaign, dial, connections = 'auto', throttle } = this.#options;
    const { laneBudget: budget = new LaneBudget(limits.lanes) } = this.#options;
    const options: ConnectionOptions<'sender'> = {
      role: 'sender',
      name,
      release,
      ...(throttle === undefined ? {} : { throttle }),
      observe: (problem) => log.warn({ problem }, 'refused what the receiver said'),
    };
    const connection = new Connection(socket, options);
    // Also one that is still being greeted: nobody else knows of it yet.
    const end = (): void => void connection.close(asProblem(over.reason).message);
    over.addEventListener('abort', end, { once: true });
    try {
      // One that was opened while we stopped hears of no abort any more.
      over.throwIfAborted();
      const { name: receiver } = await connection.open(this.#handlers(connection));
      if (campaign !== null) {
        connection.echo();
        const { session } = await connection.request('campaign.open', { campaign });
        const handlers = (lane: Connection<'sender'>): Handlers<'sender'> => this.#handlers(lane);
        void keepLanes(connection, session, { connections, budget, dial, options, handlers, log }, over);
      }
      this.#live = connection;
      this.#setState({ state: 'connected', says: `Connected to ${receiver}.`, problem: null });
      this.#connected.notifyAll();
      const closed = await connection.closed;
      if (closed.problem !== undefined) throw closed.problem;
    } finally {
      over.removeEventListener('abort', end);
      if (connection.hasProgressed) progressed();
      if (this.#live === connection) this.#live = null;
    }
  }

  #handlers(connection: Connection<'sender'>): Handlers<'sender'> {
    const offered = (handle: number): OfferedDisk => {
      const disk = this.#disks.get(connection)?.get(handle);
      if (disk === undefined) throw new Problem('E_NOT_FOUND', `No disk is offered under handle ${handle}.`);
      return disk;
    };
    return {
      'disk.pull': ({ handle, pieces, after }) => offered(handle).pull(pieces, after),
      'disk.refine': async ({ handle, blocks }) => ({
        pieces: Buffer.from(await offered(handle).refine(blocks)).toString('base64'),
      }),
      'resource.built': ({ ref, id, how }) => {
        this.#options.onBuilt?.(ref, id, how);
        return Promise.resolve();
      },
    };
  }

  #setState(state: PeerState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
