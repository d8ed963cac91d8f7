/** Bytes of pending sets: an hour of a small switch, some minutes of a busy one. */
const mostBytes = 32 * 1024 * 1024;
/** Memory of a pending set beside its body, so that empty sets are bounded, too. */
const overheadBytes = 200;

interface PendingSet {
  readonly body: Buffer;
  readonly sentMs: number;
}

/**
 * Data sets that arrived before their template, which RFC 7011, 8 lets a collector keep: over UDP
 * templates are repeated only now and then, by Open vSwitch every ten minutes.
 */
export class PendingSets {
  readonly #sets = new Map<string, PendingSet[]>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limitBytes = mostBytes) {
    this.#limit = limitBytes;
  }

  /** How many sets are pending. */
  get size(): number {
    return [...this.#sets.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Keeps a set until the template of `key` arrives; false where there is no room. */
  hold(key: string, body: Buffer, sentMs: number): boolean {
    const bytes = body.length + overheadBytes;
    if (this.#bytes + bytes > this.#limit) return false;
    this.#bytes += bytes;
    const waiting = this.#sets.get(key) ?? [];
    this.#sets.set(key, waiting);
    // A copy, for a view would keep the whole datagram in memory.
    waiting.push({ body: Buffer.from(body), sentMs });
    return true;
  }

  /** Removes and returns the sets that waited for the template of `key`, oldest first. */
  take(key: string): readonly PendingSet[] {
    const waiting = this.#sets.get(key) ?? [];
    this.#sets.delete(key);
    for (const { body } of waiting) this.#bytes -= body.length + overheadBytes;
    return waiting;
  }
}
