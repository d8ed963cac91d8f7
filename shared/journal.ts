import { randomBytes } from 'node:crypto';
import { appendFile, type FileHandle, open, readFile, rm, stat, statfs, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Semaphore } from './concurrency/semaphore.ts';
import { isFull } from './disk-full.ts';
import { makeFolder, syncFolder } from './durable.ts';
import { Problem } from './problem.ts';
import { type Noted, ticksNow } from './ticks.ts';

/** One line of a journal. `at` is ISO 8601, UTC. */
export type Dated<F> = F & Noted;

/**
 * Bytes kept in a file beside it and given up when the disk is full: some thousand facts of a
 * rollback.
 */
const reserveBytes = 256 * 1024;

/** Bytes of it that are freed at once: more would be taken by whoever else writes to the disk. */
const reserveStepBytes = 16 * 1024;

/** Bytes that must be free before a reserve that was given up is made again. */
const roomForReserveBytes = 4 * reserveBytes;

/**
 * A reserve is made before the first fact; one that is `used` was given up, at least in part, or
 * found no room, and is made again once there is much.
 */
type Reserve = 'not needed yet' | 'there' | 'used';

/** A journal as it was found: its facts, their bytes, and its reserve. */
interface Opened<F> {
  readonly facts: Dated<F>[];
  readonly length: number;
  readonly reserve: Reserve;
}

/**
 * An append-only file of facts, one JSON object a line; a fact is durable when `append` returns. A
 * last line that a power cut tore is dropped: its `append` never returned.
 */
export class Journal<F extends object> {
  readonly path: string;
  readonly #facts: Dated<F>[];
  readonly #file: FileHandle;
  /**
   * Bytes of the acknowledged facts; what follows is half a fact, and is cut off before the next.
   */
  #length: number;
  #torn = false;
  #reserve: Reserve;
  readonly #writing = new Semaphore(1);
  readonly #listeners: ((fact: Dated<F>) => void)[] = [];

  private constructor(path: string, file: FileHandle, { facts, length, reserve }: Opened<F>) {
    this.path = path;
    this.#file = file;
    this.#facts = facts;
    this.#length = length;
    this.#reserve = reserve;
  }

  /** Opens or makes a journal. Throws E_STATE_DAMAGED when a line before the last is not JSON. */
  static async open<F extends object>(path: string): Promise<Journal<F>> {
    await makeFolder(dirname(path));
    const file = await open(path, 'a+', 0o600);
    try {
      const bytes = await file.readFile();
      const { facts, length } = parse<F>(bytes, path);
      if (length < bytes.length) await file.truncate(length);
      await file.sync();
      const reserve = facts.length === 0 ? 'not needed yet' : await keepReserve(path);
      await syncFolder(dirname(path));
      return new Journal<F>(path, file, { facts, length, reserve });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Has a listener told of every fact that is appended from now on. */
  heed(listener: (fact: Dated<F>) => void): void {
    this.#listeners.push(listener);
  }

  /** Everything appended so far, oldest first. */
  get facts(): readonly Dated<F>[] {
    return this.#facts;
  }

  /**
   * Adds a fact, durable on return, in the order of the calls. When it throws E_DISK_FULL or
   * E_STATE_DAMAGED the fact is not there; a later one may succeed.
   */
  async append(fact: F): Promise<Dated<F>> {
    const dated = { at: new Date().toISOString(), ...ticksNow(), ...fact };
    const line = Buffer.from(`${JSON.stringify(dated)}\n`);
    await this.#writing.run(async () => {
      try {
        if (this.#reserve === 'not needed yet') this.#reserve = await keepReserve(this.path);
        await this.#write(line).catch((error: unknown) => this.#writeIntoReserve(line, error));
      } catch (cause) {
        const says = `Cannot write the journal ${this.path}: ${(cause as Error).message}.`;
        throw new Problem(isFull(cause) ? 'E_DISK_FULL' : 'E_STATE_DAMAGED', says, { about: this.path, cause });
      }
      this.#facts.push(dated);
      await this.#restoreReserve();
    });
    for (const listener of this.#listeners) listener(dated);
    return dated;
  }

  /** Waits for pending facts and closes the file. */
  async close(): Promise<void> {
    await this.#writing.run(() => this.#file.close());
  }

  /** Writes a line that found no room, and throws its error where the reserve has none either. */
  async #writeIntoReserve(line: Buffer, error: unknown): Promise<void> {
    if (!isFull(error)) throw error;
    this.#reserve = 'used';
    if (!(await giveUpSome(this.path))) throw error;
    await this.#write(line).catch((again: unknown) => this.#writeIntoReserve(line, again));
  }

  /** A disk that was full once may be full again. A failure is no failure of the fact. */
  async #restoreReserve(): Promise<void> {
    if (this.#reserve !== 'used') return;
    try {
      if (await hasRoom(this.path)) this.#reserve = await keepReserve(this.path);
    } catch {
      // The next fact tries again.
    }
  }

  async #write(line: Buffer): Promise<void> {
    if (this.#torn) await this.#file.truncate(this.#length);
    this.#torn = true;
    await this.#file.appendFile(line);
    await this.#file.datasync();
    this.#torn = false;
    this.#length += line.length;
  }
}

function parse<F extends object>(bytes: Buffer, path: string): { facts: Dated<F>[]; length: number } {
  const facts: Dated<F>[] = [];
  let start = 0;
  // What follows the last newline was never acknowledged.
  for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', start)) {
    const fact = factOf<F>(bytes.toString('utf8', start, end));
    if (fact === undefined) {
      if (end === bytes.length - 1) break;
      throw new Problem('E_STATE_DAMAGED', `${path}:${facts.length + 1} is not a fact; the journal is damaged.`, { about: path });
    }
    facts.push(fact);
    start = end + 1;
  }
  return { facts, length: start };
}

function factOf<F extends object>(line: string): Dated<F> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Dated<F>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads the facts of a journal that is not opened. Throws E_STATE_DAMAGED as `Journal.open` does.
 */
export async function readFacts<F extends object>(path: string): Promise<readonly Dated<F>[]> {
  return parse<F>(await readFile(path), path).facts;
}

/**
 * Makes the reserve, of random bytes that no file system stores as a hole; `used` where the disk is
 * full: what is left of an earlier one stays then.
 */
async function keepReserve(path: string): Promise<Reserve> {
  const reserve = reserveOf(path);
  const left = (await stat(reserve).catch(() => null))?.size ?? 0;
  if (left >= reserveBytes) return 'there';
  if (left > 0 && !(await hasRoom(path))) return 'used';
  try {
    await appendFile(reserve, randomBytes(reserveBytes - left), { mode: 0o600 });
    return 'there';
  } catch (error) {
    // A quota leaves us less room than the disk has.
    if (left > 0) await truncate(reserve, left);
    else await rm(reserve, { force: true });
    if (!isFull(error)) throw error;
    return 'used';
  }
}

/** Frees some of the reserve; false when there is none left. */
async function giveUpSome(path: string): Promise<boolean> {
  const reserve = reserveOf(path);
  const kept = await stat(reserve).catch(() => null);
  if (kept === null) return false;
  if (kept.size > reserveStepBytes) await truncate(reserve, kept.size - reserveStepBytes);
  else await rm(reserve, { force: true });
  return true;
}

async function hasRoom(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize >= roomForReserveBytes;
}

function reserveOf(path: string): string {
  return `${path}.reserve`;
}
