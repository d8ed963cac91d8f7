import { headerBytes } from '../../../protocol/connection/frame.ts';
import { limits } from '../../../protocol/limits.ts';
import type { Stretches } from '../../../protocol/messages/field.ts';
import type { ArrivedPieces } from '../../../protocol/messages/packed.ts';
import { Condition } from '../../../shared/concurrency/condition.ts';
import type { BlockPart } from '../../../shared/disk/jobs/unpack.ts';
import type { OpenFile } from '../../../shared/disk/reading.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { type Algorithm, pageBytes } from '../../../shared/model/disk.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import { layOut } from './layout.ts';
import { type BlockToPull, type MissingBlock, pulledBytes } from './missing-block.ts';
import { piecesOf, type Tail, tailOf } from './tail.ts';
import type { Window } from './window.ts';

/** How often a block that arrives wrong is asked for before the copy gives up. */
const pullAttempts = 3;

/**
 * A pull of less than this waits for more while others are under way: small frames compress badly
 * and cost as much to request as large ones.
 */
const smallBytes = limits.frameBytes / 4;

/** Most bytes that one batch writes, with what is copied from other disks. */
const batchBytes = 2 * pageBytes;

/** Small pulls under way at once, at least: as many as there are lanes. */
const smallPulls = 2;

/** How the sender is asked about one disk. */
export interface Asker {
  /**
   * `after`: pieces to which the answer may refer back, because they are here before it is
   * unpacked.
   */
  pull(pieces: Stretches, after?: Stretches[number]): Promise<ArrivedPieces>;
  /** The first 8 bytes of the digests of the pieces of some blocks. */
  refine(blocks: Stretches): Promise<Uint8Array>;
}

/** The file that blocks are pulled into. `turn` identifies the disk. */
export interface Target {
  readonly path: string;
  readonly file: OpenFile;
  readonly algorithm: Algorithm;
  readonly turn: object;
  readonly workers: WorkerPool;
}

/** Hears what was pulled. */
export interface Tally {
  /** Raw bytes, and bytes of the frame. */
  landed(rawBytes: number, wireBytes: number): void;
  /** A block arrived wrong and is pulled again, as a whole. */
  wrong(block: number): void;
  /** A donor's block has changed since it was found; the block that needs it is pulled. */
  spoilt(path: string, block: number): void;
}

/** How a block came. */
export type Brought = 'copied' | 'pulled';

/**
 * Places in a batch that arrived wrong. `blameless`: the sender was right, but what they refer back
 * to was wrong.
 */
interface Landing {
  readonly bad: readonly number[];
  readonly blameless?: boolean;
}

interface Queued extends BlockToPull {
  parts: readonly (BlockPart | null)[] | undefined;
  attempts: number;
  /** Whether its frame must refer back to nothing, because one that did arrived wrong. */
  alone: boolean;
  readonly done: PromiseWithResolvers<Brought>;
}

/**
 * Pulls the missing blocks of one disk over one connection: gathers them into large frames, also
 * across pages, checks them, and writes them to the file.
 */
export class Puller {
  readonly #target: Target;
  readonly #asker: Asker;
  readonly #window: Window;
  readonly #tally: Tally;
  readonly #signal: AbortSignal;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  /** The end of the last requested pull, which is the most similar to the next one. */
  #latest: Tail | undefined;
  #asking = 0;
  readonly #answered = new Condition();
  #draining = false;

  /** `signal` aborts when the connection is over. */
  constructor(target: Target, asker: Asker, window: Window, tally: Tally, signal: AbortSignal) {
    this.#target = target;
    this.#asker = asker;
    this.#window = window;
    this.#tally = tally;
    this.#signal = signal;
  }

  get asker(): Asker {
    return this.#asker;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /**
   * Pulls blocks; each promise resolves when its block is checked and in the file. Rejects with
   * E_BLOCK_MISMATCH, E_DISK_FULL, or the reason why the connection ended.
   */
  fetch(blocks: readonly MissingBlock[]): Promise<Brought>[] {
    return blocks.map((missing) => {
      const wanted: Queued = { missing, parts: missing.parts, attempts: 0, alone: false, done: Promise.withResolvers() };
      this.#enqueue(wanted);
      return wanted.done.promise;
    });
  }

  #enqueue(wanted: Queued): void {
    this.#queue.push(wanted);
    this.#queuedBytes += pulledBytes(wanted);
    if (this.#draining) return;
    this.#draining = true;
    // In the next turn: the rest of its page is added in this one.
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const isSmall = this.#queuedBytes > 0 && this.#queuedBytes < smallBytes;
        if (isSmall && this.#asking >= Math.max(smallPulls, this.#window.lanes)) {
          await this.#answered.wait();
          continue;
        }
        const batch = this.#nextBatch();
        const bytes = batch.reduce((sum, wanted) => sum + pulledBytes(wanted), 0);
        if (bytes === 0) {
          void this.#pull(batch, bytes, undefined);
          continue;
        }
        await this.#enter(batch, bytes);
        const pulled = this.#pull(batch, bytes, this.#latest).finally(() => this.#window.leave(bytes));
        this.#latest = tailOf(batch, pulled);
      }
    } catch (reason) {
      for (const wanted of this.#queue.splice(0)) wanted.done.reject(reason);
      this.#queuedBytes = 0;
    } finally {
      this.#draining = false;
    }
  }

  async #enter(batch: readonly Queued[], bytes: number): Promise<void> {
    try {
      await this.#window.enter(bytes, this, this.#signal);
    } catch (reason) {
      for (const wanted of batch) wanted.done.reject(reason);
      throw reason;
    }
  }

  #nextBatch(): Queued[] {
    let bytes = 0;
    let written = 0;
    let count = 0;
    const most = this.#window.pullBytes;
    for (const wanted of this.#queue) {
      const isFull = bytes + pulledBytes(wanted) > most || written + wanted.missing.length > batchBytes;
      if (count > 0 && isFull) break;
      bytes += pulledBytes(wanted);
      written += wanted.missing.length;
      count += 1;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  /**
   * One pull, from its request to its blocks in the file; returns the offsets of wrong blocks.
   * Never rejects; the promises of its blocks do.
   */
  async #pull(batch: readonly Queued[], rawBytes: number, before: Tail | undefined): Promise<readonly number[]> {
    try {
      const { bad, blameless = false } = await this.#land(batch, rawBytes, batch.some(({ alone }) => alone) ? undefined : before);
      const again = new Set(bad);
      for (const [place, wanted] of batch.entries()) {
        if (again.has(place)) this.#again(wanted, blameless);
        else wanted.done.resolve(wanted.missing.donated !== undefined && wanted.parts !== undefined ? 'copied' : 'pulled');
      }
      return batch.flatMap(({ missing }, place) => (again.has(place) ? [missing.offset] : []));
    } catch (thrown) {
      for (const { done } of batch) done.reject(thrown);
      return batch.map(({ missing }) => missing.offset);
    }
  }

  async #land(batch: readonly Queued[], rawBytes: number, before: Tail | undefined): Promise<Landing> {
    const { workers, file, algorithm, turn } = this.#target;
    const { pieces, blocks } = layOut(batch);
    const everyone = { bad: [...batch.keys()] };
    let arrived: ArrivedPieces = { codec: 'none', rawBytes: 0, payload: [] };
    if (pieces.length > 0) {
      arrived = await this.#ask(pieces, before === undefined ? undefined : piecesOf(before.range));
      const wireBytes = arrived.payload.reduce((sum, { length }) => sum + length, headerBytes);
      this.#tally.landed(arrived.rawBytes, wireBytes);
      // Before any memory is allocated for it.
      if (arrived.rawBytes !== rawBytes) return everyone;
    }
    const { codec, payload } = arrived;
    // What it refers back to arrived wrong and is pulled again; this batch does not wait for it.
    if (codec === 'zstd-after' && before !== undefined && !(await before.landed)) return { ...everyone, blameless: true };
    const digests = Buffer.concat(batch.map(({ missing }) => missing.digest));
    try {
      const task = { payload, codec, after: before?.range, rawBytes, blocks, digests, algorithm, file };
      return { bad: await workers.run('unpack', task, { turn, gives: payload }) };
    } catch (thrown) {
      // A frame that cannot be unpacked counts as wrong, like one with another digest.
      if (asProblem(thrown).code === 'E_MALFORMED') return everyone;
      throw thrown;
    }
  }

  async #ask(pieces: Stretches, after: Stretches[number] | undefined): Promise<ArrivedPieces> {
    this.#asking += 1;
    try {
      return await this.#asker.pull(pieces, after);
    } finally {
      this.#asking -= 1;
      this.#answered.notifyAll();
    }
  }

  #again(wanted: Queued, blameless: boolean): void {
    const { missing } = wanted;
    const { donated } = missing;
    if (wanted.parts !== undefined && donated !== undefined) this.#tally.spoilt(donated.path, donated.block);
    // A piece's short digest may match by chance; then the sender was right.
    if (wanted.parts === undefined && !blameless) {
      wanted.attempts += 1;
      this.#tally.wrong(missing.block);
    }
    wanted.parts = undefined;
    wanted.alone = true;
    if (wanted.attempts < pullAttempts) {
      this.#enqueue(wanted);
      return;
    }
    const says = `Block ${missing.block} arrived ${pullAttempts} times with other bytes than its digest names.`;
    wanted.done.reject(new Problem('E_BLOCK_MISMATCH', says, { about: this.#target.path }));
  }
}
