import { pageBytes } from '../model/disk.ts';
import { alignedSharedMemory } from './direct.ts';

/** Memory for one page, which worker threads and this one see alike. */
export interface Slot {
  readonly memory: SharedArrayBuffer;
  /** Gives the memory back; the second call does nothing. */
  release(): void;
}

interface Waiting {
  readonly owner: object;
  readonly give: () => void;
}

/** A bounded number of slots, shared fairly: a free one goes to whoever waits and holds the fewest. */
export class Slots {
  readonly #count: number;
  readonly #held = new Map<object, number>();
  readonly #waiting = new Set<Waiting>();
  #free: SharedArrayBuffer[] = [];
  #taken = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** How many are held. */
  get taken(): number {
    return this.#taken;
  }

  /** Waits for a slot. Throws the signal's reason when it aborts first. */
  async take(owner: object, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#taken < this.#count && this.#waiting.size === 0) return this.#give(owner);
    const { promise, resolve, reject } = Promise.withResolvers<Slot>();
    const waiting: Waiting = { owner, give: () => resolve(this.#give(owner)) };
    const giveUp = (): void => {
      if (this.#waiting.delete(waiting)) reject(signal.reason as Error);
    };
    this.#waiting.add(waiting);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  #give(owner: object): Slot {
    this.#taken += 1;
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
    const memory = this.#free.pop() ?? alignedSharedMemory(pageBytes);
    let held = true;
    return {
      memory,
      release: () => {
        if (held) this.#takeBack(owner, memory);
        held = false;
      },
    };
  }

  #takeBack(owner: object, memory: SharedArrayBuffer): void {
    this.#taken -= 1;
    const left = (this.#held.get(owner) ?? 1) - 1;
    if (left === 0) this.#held.delete(owner);
    else this.#held.set(owner, left);
    this.#free.push(memory);
    const poorest = this.#poorest();
    if (poorest !== undefined) {
      this.#waiting.delete(poorest);
      poorest.give();
    }
    // Between two disks nothing is held: the memory goes back to the system, but for the one slot that whoever works page by page takes again at once.
    else if (this.#taken === 0) this.#free.length = 1;
  }

  #poorest(): Waiting | undefined {
    let poorest: Waiting | undefined;
    const holds = ({ owner }: Waiting): number => this.#held.get(owner) ?? 0;
    for (const one of this.#waiting) if (poorest === undefined || holds(one) < holds(poorest)) poorest = one;
    return poorest;
  }
}
