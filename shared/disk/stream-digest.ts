import { Problem } from '../problem.ts';
import { WorkerPool } from './worker-pool.ts';

/**
 * One thread for all streams of this process, because the steps of a stream must meet in one
 * thread; null while there is no stream, because a thread takes 14 MiB.
 */
let thread: WorkerPool | null = null;

/** Streams that are neither ended nor forgotten. */
let open = 0;

/** Bytes that are handed to the thread at once. */
const stepBytes = 512 * 1024;

let streams = 0;

/**
 * A digest over a stream of bytes, made beside the event loop: a whole image would take most of its
 * time. MUST be ended, or forgotten.
 */
export class StreamDigest {
  readonly #stream: number;
  readonly #algorithm: string;
  readonly #thread: WorkerPool;
  #isOpen = true;
  /** Bytes that were handed to the thread. */
  #bytes = 0;
  /** Bytes that wait for more, in a buffer that is theirs. */
  #gathered = new Uint8Array(0);
  #filled = 0;
  /** The step under way. */
  #step: Promise<string> = Promise.resolve('');

  constructor(algorithm: string) {
    this.#stream = streams;
    streams += 1;
    this.#algorithm = algorithm;
    thread ??= new WorkerPool({ size: 1 });
    thread.start();
    this.#thread = thread;
    open += 1;
  }

  /** Takes the next bytes, which may be used again once it resolves; waits for earlier ones. */
  async add(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      if (this.#gathered.length === 0) this.#gathered = new Uint8Array(stepBytes);
      const some = bytes.subarray(from, from + stepBytes - this.#filled);
      this.#gathered.set(some, this.#filled);
      this.#filled += some.length;
      from += some.length;
      if (this.#filled === stepBytes) await this.#handOver();
    }
  }

  /** The digest of all bytes, lower-case hex. Throws E_BUG where it was forgotten. */
  async end(): Promise<string> {
    if (!this.#isOpen) throw new Problem('E_BUG', 'A digest that was forgotten has no end.');
    await this.#handOver();
    await this.#step;
    const digest = await this.#run('end');
    this.#leave();
    return digest;
  }

  /** Frees what the thread has of it. May be repeated, and after the end. */
  forget(): void {
    if (!this.#isOpen) return;
    this.#filled = 0;
    if (this.#bytes > 0) this.#run('forget').catch(() => undefined);
    this.#leave();
  }

  /** The last stream takes the thread along. */
  #leave(): void {
    this.#isOpen = false;
    open -= 1;
    if (open > 0) return;
    thread = null;
    void this.#thread.close();
  }

  /** Hands what was gathered to the thread, after the step before. */
  async #handOver(): Promise<void> {
    await this.#step;
    const step = this.#filled === stepBytes ? this.#gathered : this.#gathered.slice(0, this.#filled);
    this.#gathered = new Uint8Array(0);
    this.#filled = 0;
    const { length } = step;
    this.#step = this.#run(step);
    this.#bytes += length;
    // Whoever hands over the next step, or ends it, hears of it.
    this.#step.catch(() => undefined);
  }

  #run(step: Uint8Array | 'end' | 'forget'): Promise<string> {
    const order = { stream: this.#stream, algorithm: this.#algorithm, at: this.#bytes, step };
    return this.#thread.run('hash', order, { turn: this, gives: typeof step === 'string' ? [] : [step] });
  }
}

/** The digest of a stream of bytes, lower-case hex. Throws what the stream throws. */
export async function digestOf(algorithm: string, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = new StreamDigest(algorithm);
  try {
    for await (const some of bytes) await digest.add(some);
    return await digest.end();
  } catch (error) {
    digest.forget();
    throw error;
  }
}
