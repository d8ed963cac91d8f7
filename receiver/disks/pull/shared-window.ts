/** How long a session that was granted nothing waits for what all share: milliseconds. */
const patienceMs = 10_000;

/** Sessions that may pull at once without making each other's pulls short. */
const few = 4;

/** What one session may take of the window that all sessions share. */
export interface Share {
  /**
   * Waits for room. MUST be followed by one `leave` of as much, unless it throws the signal's
   * reason.
   */
  enter(bytes: number, signal: AbortSignal): Promise<void>;
  leave(bytes: number): void;
  /** Whether many sessions pull, or some wait: then pulls are short, so that each gets one in. */
  readonly isCrowded: () => boolean;
}

/** A session of a peer, with the bytes and pulls that it holds. */
interface SessionHolding {
  readonly peer: string;
  bytes: number;
  pulls: number;
}

interface WaitingPull {
  readonly session: SessionHolding;
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * Raw bytes that all sessions of a daemon may have requested and not yet written. A peer may hold
 * as much as it leaves free, and one of its sessions half of that: whoever does not answer leaves
 * room for the others, and whoever is alone has a third.
 */
export class SharedWindow {
  readonly #most: number;
  /** Bytes that each peer holds; those that hold nothing are not there. */
  readonly #peers = new Map<string, number>();
  readonly #waiting = new Set<WaitingPull>();
  /** Sessions that hold something. */
  #holding = 0;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** The share of a new session of a peer. */
  shareOf(peer: string): Share {
    const session: SessionHolding = { peer, bytes: 0, pulls: 0 };
    return {
      enter: (bytes, signal) => this.#enter(session, bytes, signal),
      leave: (bytes) => this.#leave(session, bytes),
      isCrowded: () => this.#waiting.size > 0 || this.#holding > few,
    };
  }

  async #enter(session: SessionHolding, bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#hasRoom(session)) this.#take(session, bytes);
    else await this.#wait(session, bytes, signal);
  }

  #leave(session: SessionHolding, bytes: number): void {
    session.pulls -= 1;
    if (session.pulls === 0) this.#holding -= 1;
    this.#count(session, -bytes);
    for (const waiting of this.#waiting) if (this.#hasRoom(waiting.session)) this.#admit(waiting);
  }

  /** A session that holds nothing waits for a while only, whatever the others hold. */
  #wait(session: SessionHolding, bytes: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: WaitingPull = { session, bytes, go: resolve };
    const giveUp = (): void => {
      // Before the promise settles: nobody may admit it in between.
      this.#waiting.delete(waiting);
      reject(signal.reason);
    };
    // Looked at again and again: what it holds may leave while this pull waits.
    const looking = setInterval(() => {
      if (session.pulls === 0) this.#admit(waiting);
    }, patienceMs);
    signal.addEventListener('abort', giveUp);
    this.#waiting.add(waiting);
    return promise.finally(() => {
      clearInterval(looking);
      signal.removeEventListener('abort', giveUp);
      this.#waiting.delete(waiting);
    });
  }

  #admit(waiting: WaitingPull): void {
    this.#waiting.delete(waiting);
    this.#take(waiting.session, waiting.bytes);
    waiting.go();
  }

  #hasRoom({ peer, bytes }: SessionHolding): boolean {
    const free = this.#most - this.#taken;
    return (this.#peers.get(peer) ?? 0) < free && bytes < free / 2;
  }

  #take(session: SessionHolding, bytes: number): void {
    if (session.pulls === 0) this.#holding += 1;
    session.pulls += 1;
    this.#count(session, bytes);
  }

  #count(session: SessionHolding, bytes: number): void {
    const held = (this.#peers.get(session.peer) ?? 0) + bytes;
    if (held > 0) this.#peers.set(session.peer, held);
    else this.#peers.delete(session.peer);
    session.bytes += bytes;
    this.#taken += bytes;
  }
}
