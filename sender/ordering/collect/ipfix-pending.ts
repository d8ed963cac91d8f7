/** Bytes of sets that are kept until their templates come: an hour of a small switch, some minutes of a busy one. */
const mostBytes = 32 * 1024 * 1024;
/** What a kept set takes besides its body, so that empty ones are bounded too. */
const overheadBytes = 200;

interface PendingSet {
  readonly body: Buffer;
  readonly sentMs: number;
}

/**
 * Data sets whose template has not come yet. RFC 7011, 8 lets a collector keep them: over UDP templates are only repeated every so often,
 * by Open vSwitch every ten minutes, and who begins to watch in between would see nothing until then.
 */
export class PendingSets {
  readonly #sets = new Map<string, PendingSet[]>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limitBytes = mostBytes) {
    this.#limit = limitBytes;
  }

  /** How many sets still wait. */
  get size(): number {
    return [...this.#sets.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Keeps a set until the template of `key` comes; false where there is no room. */
  hold(key: string, body: Buffer, sentMs: number): boolean {
    const bytes = body.length + overheadBytes;
    if (this.#bytes + bytes > this.#limit) return false;
    this.#bytes += bytes;
    const waiting = this.#sets.get(key) ?? [];
    this.#sets.set(key, waiting);
    // A copy: a part would keep the whole datagram.
    waiting.push({ body: Buffer.from(body), sentMs });
    return true;
  }

  /** Gives back what waited for the template of `key`, oldest first. */
  take(key: string): readonly PendingSet[] {
    const waiting = this.#sets.get(key) ?? [];
    this.#sets.delete(key);
    for (const { body } of waiting) this.#bytes -= body.length + overheadBytes;
    return waiting;
  }
}
