import { abortable } from '../concurrency/abortable.ts';
import { pageBytes } from '../model/disk.ts';
import { alignedSharedMemory } from './direct.ts';

/** Memory for one page, which worker threads and this one see alike. */
export interface PageBuffer {
  readonly memory: SharedArrayBuffer;
  /** Gives the memory back; the second call does nothing. */
  release(): void;
}

/** How long free memory is kept for the next disk: milliseconds. */
const idleMs = 10_000;

interface BufferRequest {
  readonly owner: object;
  /** Buffers that may be held by all when it gets its own. */
  readonly most: number;
  readonly give: () => void;
}

/**
 * A bounded number of buffers. Half are shared evenly; of the others a free one goes to whoever
 * has held some longest, so that one disk is read while another waits for the line.
 */
export class BufferPool {
  readonly #count: number;
  readonly #held = new Map<object, number>();
  readonly #waiting = new Set<BufferRequest>();
  readonly #free: SharedArrayBuffer[] = [];
  #taken = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(count: number) {
    this.#count = count;
  }

  /** How many are held. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Waits for a buffer; with `beyond` it may be one of so many more than the usual number. Throws
   * the signal's reason when it aborts first.
   */
  async take(owner: object, signal: AbortSignal, beyond = 0): Promise<PageBuffer> {
    signal.throwIfAborted();
    const most = this.#count + beyond;
    if (this.#taken < most && this.#waiting.size === 0) return this.#give(owner);
    let waiting: BufferRequest | undefined;
    try {
      return await abortable<PageBuffer>([signal], (resolve) => {
        waiting = { owner, most, give: () => resolve(this.#give(owner)) };
        this.#waiting.add(waiting);
      });
    } finally {
      if (waiting !== undefined) this.#waiting.delete(waiting);
    }
  }

  #give(owner: object): PageBuffer {
    clearTimeout(this.#idle);
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
    const next = this.#next();
    if (next !== undefined) {
      this.#waiting.delete(next);
      next.give();
    }
    // Memory is freed once no disk is on its way, but for one buffer that page-by-page work takes
    // again. Not between two disks: the collector frees it late, and until then it counts twice.
    else if (this.#taken === 0) this.#idle = setTimeout(() => this.#free.splice(1), idleMs).unref();
  }

  #next(): BufferRequest | undefined {
    const holds = ({ owner }: BufferRequest): number => this.#held.get(owner) ?? 0;
    const all = [...this.#waiting];
    const owners = new Set([...this.#held.keys(), ...all.map(({ owner }) => owner)]);
    const share = Math.max(1, Math.floor(this.#count / 2 / owners.size));
    // What others hold beyond the usual number keeps nobody from a share.
    const waiting = all.filter((one) => this.#taken < one.most || holds(one) < share);
    const [poorest] = waiting.toSorted((one, other) => holds(one) - holds(other));
    if (poorest === undefined) return undefined;
    if (holds(poorest) < share) return poorest;
    for (const owner of this.#held.keys()) {
      const first = waiting.find((one) => one.owner === owner);
      if (first !== undefined) return first;
    }
    return poorest;
  }
}
