import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './durable.ts';
import { Problem } from './problem.ts';

/** One line of a journal. `at` is ISO 8601, UTC. */
export type Dated<F> = F & { readonly at: string };

/** Bytes kept aside for the facts of a way back when the disk is full: some thousand of them. */
const reserveBytes = 256 * 1024;

/**
 * An append-only file of facts, one JSON object a line. A fact is durable when `append` returns.
 * A reserve beside it is given up when the disk is full, so that a campaign can still be taken back, fact by fact.
 * A last line that a power cut tore is dropped when the journal is opened: its `append` never returned, so nobody built on it.
 */
export class Journal<F extends object> {
  readonly path: string;
  readonly #facts: Dated<F>[];
  readonly #file: FileHandle;
  #tail: Promise<void> = Promise.resolve();
  #broken: Problem | null = null;

  private constructor(path: string, file: FileHandle, facts: Dated<F>[]) {
    this.path = path;
    this.#file = file;
    this.#facts = facts;
  }

  /** Opens a journal, making it where there is none. Throws E_STATE_DAMAGED when a line before the last is not JSON. */
  static async open<F extends object>(path: string): Promise<Journal<F>> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600);
    try {
      const text = await file.readFile('utf8');
      const { facts, length } = parse<F>(text, path);
      if (length < Buffer.byteLength(text)) await file.truncate(length);
      await file.sync();
      await keepReserve(path);
      await syncFolder(dirname(path));
      return new Journal<F>(path, file, facts);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Everything appended so far, oldest first. */
  get facts(): readonly Dated<F>[] {
    return this.#facts;
  }

  /**
   * Adds a fact; durable on return, and in the order of the calls. On a full disk the journal's own reserve is given up first.
   * Throws E_DISK_FULL or E_STATE_DAMAGED; the fact is then not there, and a later one may be: half a line is cut off before it.
   */
  async append(fact: F): Promise<Dated<F>> {
    const dated = { at: new Date().toISOString(), ...fact };
    const line = Buffer.from(`${JSON.stringify(dated)}\n`);
    const write = this.#tail.then(async () => {
      try {
        await this.#write(line).catch(async (error: unknown) => {
          if (!isFull(error)) throw error;
          await rm(reserveOf(this.path), { force: true });
          await this.#write(line);
        });
      } catch (cause) {
        const says = `Cannot write the journal ${this.path}: ${(cause as Error).message}.`;
        throw new Problem(isFull(cause) ? 'E_DISK_FULL' : 'E_STATE_DAMAGED', says, { about: this.path, cause });
      }
      this.#facts.push(dated);
    });
    this.#tail = write.catch(() => undefined);
    await write;
    return dated;
  }

  /** Waits for pending facts and closes the file. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#file.close();
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

function reserveOf(path: string): string {
  return `${path}.reserve`;
}

/** Takes the reserve while there is room; a disk that is full already has none to give, and its journal must open all the same. */
async function keepReserve(path: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(Buffer.alloc(reserveBytes, '\n'));
    await file.sync();
  } catch (error) {
    if (!isFull(error)) throw error;
    await rm(path, { force: true });
  } finally {
    await file.close();
  }
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function parse<F extends object>(text: string, path: string): { facts: Dated<F>[]; length: number } {
  const facts: Dated<F>[] = [];
  let length = 0;
  const lines = text.split('\n');
  // What follows the last newline was never acknowledged.
  lines.pop();
  for (const [index, line] of lines.entries()) {
    try {
      facts.push(JSON.parse(line) as Dated<F>);
    } catch (cause) {
      if (index === lines.length - 1) break;
      throw new Problem('E_STATE_DAMAGED', `${path}:${index + 1} is not a fact; the journal is damaged.`, { about: path, cause });
    }
    length += Buffer.byteLength(line) + 1;
  }
  return { facts, length };
}

/** Makes the reserve, of bytes that no file system stores as a hole. A disk too full for it has none. */
async function keepReserve(path: string): Promise<void> {
  const kept = await stat(reserveOf(path)).catch(() => null);
  if (kept?.size === reserveBytes) return;
  await writeFile(reserveOf(path), randomBytes(reserveBytes), { mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error;
  });
}

/** Frees the reserve; false when there is none left. */
async function giveUpReserve(path: string): Promise<boolean> {
  const had = (await stat(reserveOf(path)).catch(() => null)) !== null;
  await rm(reserveOf(path), { force: true });
  return had;
}

function reserveOf(path: string): string {
  return `${path}.reserve`;
}
