import { headerBytes } from '../../../protocol/connection/frame.ts';
import { limits } from '../../../protocol/limits.ts';
import type { Arrived } from '../../../protocol/messages/packed.ts';
import { Condition } from '../../../shared/concurrency/condition.ts';
import type { Part } from '../../../shared/disk/jobs/unpack.ts';
import type { OpenFile, Range } from '../../../shared/disk/reading.ts';
import type { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { type Algorithm, pageBytes, pieceBytes } from '../../../shared/model/disk.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import type { Window } from './window.ts';

/** How often a block that arrives wrong is asked for before the copy gives up. */
const pullAttempts = 3;

/**
 * A pull of less than this waits for more while others are asked for: small frames pack badly, and
 * cost as much to ask for as large ones.
 */
const smallBytes = limits.frameBytes / 4;

/**
 * Most raw bytes of a pull while other disks pull, too: what these missing here and there waits for no
 * more than one frame on the line.
 */
const sharedBytes = limits.frameBytes / 4;

/** What one batch writes at most, most of it taken from other disks: bytes. */
const batchBytes = 2 * pageBytes;

/** Small pulls asked for at once. */
const smallPulls = 2;

/** Stretches of pieces or blocks: the first, and how many. */
export type Stretches = readonly (readonly [first: number, count: number])[];

/** How a sender is asked about one disk. */
export interface Asker {
  /** `after`: pieces that the answer may refer back to, for they are here before it is unpacked. */
  pull(pieces: Stretches, after?: Stretches[number]): Promise<Arrived>;
  /** The first 8 bytes of the digests of the pieces of some blocks. */
  refine(blocks: Stretches): Promise<Uint8Array>;
}

/**
 * A block that the copy lacks. `offset` and `length` in bytes. `parts`: what is known of it by
 * pieces, from which file, and null for each piece that is lacking.
 */
export interface MissingBlock {
  readonly block: number;
  readonly digest: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly parts?: readonly (Part | null)[] | undefined;
  /** The block of another disk that `parts` take all of it from. */
  readonly donated?: { readonly path: string; readonly block: number } | undefined;
}

/** The file that blocks are pulled into. `turn` stands for the disk. */
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
  /** A block came out wrong and is pulled again, as a whole. */
  wrong(block: number): void;
  /**
   * A block of another disk is not any more what it was; the one that was to be made of it is
   * pulled.
   */
  spoilt(path: string, block: number): void;
}

interface Wanted {
  readonly missing: MissingBlock;
  parts: readonly (Part | null)[] | undefined;
  attempts: number;
  /**
   * Whether it must come in a frame that refers back to nothing, for one that did came out wrong.
   */
  alone: boolean;
  readonly done: PromiseWithResolvers<Brought>;
}

/** How a block came. */
export type Brought = 'copied' | 'pulled';

/**
 * Bytes of the disk that one pull brings, and whether they are in the file, as soon as that is
 * known.
 */
interface Tail {
  readonly range: Range;
  readonly landed: Promise<boolean>;
}

/**
 * Places in a batch that came out wrong. `blameless`: nobody sent them wrong, they could only not
 * be unpacked.
 */
interface Landing {
  readonly bad: readonly number[];
  readonly blameless?: boolean;
}

/**
 * Pulls what pages missing, of one disk over one connection: gathered into large frames, also across
 * pages, checked, and written where they belong.
 */
export class Puller {
  readonly #target: Target;
  readonly #asker: Asker;
  readonly #window: Window;
  readonly #tally: Tally;
  readonly #signal: AbortSignal;
  #queue: Wanted[] = [];
  #queuedBytes = 0;
  /** The end of the pull that was asked for last: the next is the most like it. */
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
   * Pulls what is not known of blocks; each promise resolves when its block is in the file,
   * checked. Rejects with E_BLOCK_MISMATCH, E_DISK_FULL, or the reason why the connection ended.
   */
  fetch(blocks: readonly MissingBlock[]): Promise<Brought>[] {
    return blocks.map((missing) => {
      const wanted: Wanted = { missing, parts: missing.parts, attempts: 0, alone: false, done: Promise.withResolvers() };
      this.#enqueue(wanted);
      return wanted.done.promise;
    });
  }

  #enqueue(wanted: Wanted): void {
    this.#queue.push(wanted);
    this.#queuedBytes += bytesOf(wanted);
    if (this.#draining) return;
    this.#draining = true;
    // In the next turn: the rest of its page comes in this one.
    setImmediate(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const isSmall = this.#queuedBytes > 0 && this.#queuedBytes < smallBytes;
        if (isSmall && this.#asking >= smallPulls) {
          await this.#answered.wait();
          continue;
        }
        const batch = this.#nextBatch();
        const bytes = batch.reduce((sum, wanted) => sum + bytesOf(wanted), 0);
        if (bytes === 0) {
          void this.#pull(batch, bytes, undefined);
          continue;
        }
        await this.#enter(batch, bytes);
        const pulled = this.#pull(batch, bytes, this.#latest).finally(() => this.#window.leave(bytes));
        this.#latest = broughtBy(batch, pulled);
      }
    } catch (reason) {
      for (const wanted of this.#queue.splice(0)) wanted.done.reject(reason);
      this.#queuedBytes = 0;
    } finally {
      this.#draining = false;
    }
  }

  async #enter(batch: readonly Wanted[], bytes: number): Promise<void> {
    try {
      await this.#window.enter(bytes, this, this.#signal);
    } catch (reason) {
      for (const wanted of batch) wanted.done.reject(reason);
      throw reason;
    }
  }

  #nextBatch(): Wanted[] {
    let bytes = 0;
    let written = 0;
    let count = 0;
    const most = this.#window.isShared ? sharedBytes : limits.frameBytes;
    for (const wanted of this.#queue) {
      const isFull = bytes + bytesOf(wanted) > most || written + wanted.missing.length > batchBytes;
      if (count > 0 && isFull) break;
      bytes += bytesOf(wanted);
      written += wanted.missing.length;
      count += 1;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  /**
   * One pull, from its question to its blocks in the file; returns where on the disk blocks are
   * that came out wrong. Never rejects: its blocks tell.
   */
  async #pull(batch: readonly Wanted[], rawBytes: number, before: Tail | undefined): Promise<readonly number[]> {
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

  async #land(batch: readonly Wanted[], rawBytes: number, before: Tail | undefined): Promise<Landing> {
    const { workers, file, algorithm, turn } = this.#target;
    const { pieces, blocks } = layOut(batch);
    const everyone = { bad: [...batch.keys()] };
    let arrived: Arrived = { codec: 'none', rawBytes: 0, payload: [] };
    if (pieces.length > 0) {
      arrived = await this.#ask(pieces, before === undefined ? undefined : piecesOf(before.range));
      const wireBytes = arrived.payload.reduce((sum, { length }) => sum + length, headerBytes);
      this.#tally.landed(arrived.rawBytes, wireBytes);
      // Before any memory is given to it.
      if (arrived.rawBytes !== rawBytes) return everyone;
    }
    const { codec, payload } = arrived;
    // What it refers back to came out wrong and is pulled again itself; nobody waits for that.
    if (codec === 'zstd-after' && before !== undefined && !(await before.landed)) return { ...everyone, blameless: true };
    const digests = Buffer.concat(batch.map(({ missing }) => missing.digest));
    try {
      const task = { payload, codec, after: before?.range, rawBytes, blocks, digests, algorithm, file };
      return { bad: await workers.run('unpack', task, { turn, gives: payload }) };
    } catch (thrown) {
      // What cannot be unpacked is as wrong as what has another digest.
      if (asProblem(thrown).code === 'E_MALFORMED') return everyone;
      throw thrown;
    }
  }

  async #ask(pieces: Stretches, after: Stretches[number] | undefined): Promise<Arrived> {
    this.#asking += 1;
    try {
      return await this.#asker.pull(pieces, after);
    } finally {
      this.#asking -= 1;
      this.#answered.notifyAll();
    }
  }

  #again(wanted: Wanted, blameless: boolean): void {
    const { missing } = wanted;
    const { donated } = missing;
    if (wanted.parts !== undefined && donated !== undefined) this.#tally.spoilt(donated.path, donated.block);
    // Where a piece's short name misled us, nobody sent anything wrong.
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

/** Raw bytes that a block's pull brings. */
function bytesOf({ missing, parts }: Wanted): number {
  if (parts === undefined) return missing.length;
  return parts.reduce((sum, part, index) => sum + (part === null ? pieceLength(missing, index) : 0), 0);
}

/**
 * What a batch brings that the next may refer back to, when the places of its wrong blocks are
 * known.
 */
function broughtBy(batch: readonly Wanted[], wrong: Promise<readonly number[]>): Tail | undefined {
  const range = tailOf(batch);
  if (range === undefined) return undefined;
  const [from, length] = range;
  return { range, landed: wrong.then((offsets) => !offsets.some((at) => at >= from && at < from + length)) };
}

/**
 * The last whole blocks of a batch that lie together, as far as one frame may refer back to them
 * and one page of the disk has them; undefined where there are none.
 */
function tailOf(batch: readonly Wanted[]): Range | undefined {
  let tail: Range | undefined;
  for (const { missing, parts } of batch.toReversed()) {
    const { offset, length } = missing;
    const [from, bytes] = tail ?? [offset + length, 0];
    const isNext = parts === undefined && offset + length === from && length % pieceBytes === 0;
    const fits = bytes + length <= limits.afterBytes && (bytes === 0 || from % pageBytes !== 0);
    if (!isNext || !fits) break;
    tail = [offset, bytes + length];
  }
  return tail;
}

function piecesOf([offset, length]: Range): Stretches[number] {
  return [offset / pieceBytes, length / pieceBytes];
}

function pieceLength({ length }: MissingBlock, index: number): number {
  return Math.min(pieceBytes, length - index * pieceBytes);
}

/** Which pieces are asked for, and how the blocks are put together from what comes. */
function layOut(batch: readonly Wanted[]): { pieces: Stretches; blocks: { offset: number; parts: Part[] }[] } {
  const pieces: [number, number][] = [];
  let raw = 0;
  const ask = (first: number, count: number, length: number): Part => {
    const last = pieces.at(-1);
    if (last !== undefined && last[0] + last[1] === first) last[1] += count;
    else pieces.push([first, count]);
    raw += length;
    return { at: raw - length, length };
  };
  const blocks = batch.map(({ missing, parts }) => {
    const first = missing.offset / pieceBytes;
    const whole = (): Part[] => [ask(first, Math.ceil(missing.length / pieceBytes), missing.length)];
    const some = parts?.map((part, index) => part ?? ask(first + index, 1, pieceLength(missing, index)));
    return { offset: missing.offset, parts: some === undefined ? whole() : joined(some) };
  });
  return { pieces, blocks };
}

/** Parts that lie one after the other in one place as one: files do, and are read in one go. */
function joined(parts: readonly Part[]): Part[] {
  const longer: Part[] = [];
  for (const part of parts) {
    const last = longer.at(-1);
    if (last === undefined || last.fd !== part.fd || last.at + last.length !== part.at) longer.push(part);
    else longer[longer.length - 1] = { ...last, length: last.length + part.length };
  }
  return longer;
}
