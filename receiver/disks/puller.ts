import { type Arrived, headerBytes } from '../../protocol/frame.ts';
import { limits } from '../../protocol/limits.ts';
import type { Crew } from '../../shared/disk/crew.ts';
import type { Part } from '../../shared/disk/jobs/unpack.ts';
import type { OpenFile } from '../../shared/disk/reading.ts';
import { type Algorithm, pieceBytes } from '../../shared/model/disk.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import type { Window } from './window.ts';

/** How often a block that arrives wrong is asked for before the copy gives up. */
const pullAttempts = 3;

/** A pull of less than this waits for more while others are under way: small frames pack badly, and cost as much to ask for as large ones. */
const smallBytes = limits.frameBytes / 4;

/** Small pulls under way at once. */
const smallPulls = 2;

/** Stretches of pieces or blocks: the first, and how many. */
export type Stretches = readonly (readonly [first: number, count: number])[];

/** How a sender is asked about one disk. */
export interface Asker {
  pull(pieces: Stretches): Promise<Arrived>;
  /** The first 8 bytes of the digests of the pieces of some blocks. */
  refine(blocks: Stretches): Promise<Uint8Array>;
}

/** A block that the copy lacks. `offset` and `length` in bytes. `parts`: what is known of it by pieces, from which file, and null for each piece that is lacking. */
export interface Lack {
  readonly block: number;
  readonly digest: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly parts?: readonly (Part | null)[] | undefined;
}

/** The file that blocks are pulled into. `turn` stands for the disk. */
export interface Target {
  readonly path: string;
  readonly file: OpenFile;
  readonly algorithm: Algorithm;
  readonly turn: object;
  readonly crew: Crew;
}

/** Hears what was pulled. */
export interface Tally {
  /** Raw bytes, and bytes of the frame. */
  landed(rawBytes: number, wireBytes: number): void;
  /** A block came out wrong and is pulled again, as a whole. */
  wrong(block: number): void;
}

interface Wanted {
  readonly lack: Lack;
  parts: readonly (Part | null)[] | undefined;
  attempts: number;
  readonly done: PromiseWithResolvers<void>;
}

/** Pulls what pages lack, of one disk over one connection: gathered into large frames, also across pages, checked, and written where they belong. */
export class Puller {
  readonly #target: Target;
  readonly #asker: Asker;
  readonly #window: Window;
  readonly #tally: Tally;
  readonly #signal: AbortSignal;
  #queue: Wanted[] = [];
  #queuedBytes = 0;
  #underWay = 0;
  #landed = Promise.withResolvers<void>();
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

  /** Pulls blocks; each promise resolves when its block is in the file, checked. Rejects with E_BLOCK_MISMATCH, E_DISK_FULL, or the reason why the connection ended. */
  fetch(lacks: readonly Lack[]): Promise<void>[] {
    return lacks.map((lack) => {
      const wanted: Wanted = { lack, parts: lack.parts, attempts: 0, done: Promise.withResolvers<void>() };
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
        if (this.#queuedBytes < smallBytes && this.#underWay >= smallPulls) {
          await this.#landed.promise;
          continue;
        }
        const batch = this.#nextBatch();
        const bytes = batch.reduce((sum, wanted) => sum + bytesOf(wanted), 0);
        await this.#enter(batch, bytes);
        this.#underWay += 1;
        void this.#pull(batch, bytes).finally(() => {
          this.#window.leave(bytes);
          this.#underWay -= 1;
          this.#landed.resolve();
          this.#landed = Promise.withResolvers<void>();
        });
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
      await this.#window.enter(bytes, this.#signal);
    } catch (reason) {
      for (const wanted of batch) wanted.done.reject(reason);
      throw reason;
    }
  }

  #nextBatch(): Wanted[] {
    let bytes = 0;
    let count = 0;
    for (const wanted of this.#queue) {
      if (count > 0 && bytes + bytesOf(wanted) > limits.frameBytes) break;
      bytes += bytesOf(wanted);
      count += 1;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  /** One pull, from its question to its blocks in the file. Never rejects: its blocks tell. */
  async #pull(batch: readonly Wanted[], rawBytes: number): Promise<void> {
    try {
      const bad = new Set(await this.#land(batch, rawBytes));
      for (const [place, wanted] of batch.entries()) {
        if (bad.has(place)) this.#again(wanted);
        else wanted.done.resolve();
      }
    } catch (thrown) {
      for (const { done } of batch) done.reject(thrown);
    }
  }

  /** Returns the places of the blocks that came out wrong. */
  async #land(batch: readonly Wanted[], rawBytes: number): Promise<readonly number[]> {
    const { crew, file, algorithm, turn } = this.#target;
    const { pieces, blocks } = layOut(batch);
    const everyone = [...batch.keys()];
    let arrived: Arrived = { codec: 'none', rawBytes: 0, payload: [] };
    if (pieces.length > 0) {
      arrived = await this.#asker.pull(pieces);
      const wireBytes = arrived.payload.reduce((sum, { length }) => sum + length, headerBytes);
      this.#tally.landed(arrived.rawBytes, wireBytes);
      // Before any memory is given to it.
      if (arrived.rawBytes !== rawBytes) return everyone;
    }
    const { codec, payload } = arrived;
    const digests = Buffer.concat(batch.map(({ lack }) => lack.digest));
    try {
      return await crew.run('unpack', { payload, codec, rawBytes, blocks, digests, algorithm, file }, { turn, gives: payload });
    } catch (thrown) {
      // What cannot be unpacked is as wrong as what has another digest.
      if (asProblem(thrown).code === 'E_MALFORMED') return everyone;
      throw thrown;
    }
  }

  #again(wanted: Wanted): void {
    const { lack } = wanted;
    // Where a piece's short name misled us, nobody sent anything wrong.
    if (wanted.parts === undefined) {
      wanted.attempts += 1;
      this.#tally.wrong(lack.block);
    }
    wanted.parts = undefined;
    if (wanted.attempts < pullAttempts) {
      this.#enqueue(wanted);
      return;
    }
    const says = `Block ${lack.block} arrived ${pullAttempts} times with other bytes than its digest names.`;
    wanted.done.reject(new Problem('E_BLOCK_MISMATCH', says, { about: this.#target.path }));
  }
}

/** Raw bytes that a block's pull brings. */
function bytesOf({ lack, parts }: Wanted): number {
  if (parts === undefined) return lack.length;
  return parts.reduce((sum, part, index) => sum + (part === null ? pieceLength(lack, index) : 0), 0);
}

function pieceLength({ length }: Lack, index: number): number {
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
  const blocks = batch.map(({ lack, parts }) => {
    const first = lack.offset / pieceBytes;
    const whole = (): Part[] => [ask(first, Math.ceil(lack.length / pieceBytes), lack.length)];
    const some = parts?.map((part, index) => part ?? ask(first + index, 1, pieceLength(lack, index)));
    return { offset: lack.offset, parts: some === undefined ? whole() : joined(some) };
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
