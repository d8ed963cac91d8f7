import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './durable.ts';
import { Problem } from './problem.ts';

/** One line of a journal. `at` is ISO 8601, UTC. */
export type Dated<F> = F & { readonly at: string };

/**
 * An append-only file of facts, one JSON object a line. A fact is durable when `append` returns.
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

  /** Adds a fact; durable on return. After a failed write (full disk) the journal takes no more facts until it is opened again. */
  async append(fact: F): Promise<Dated<F>> {
    const dated = { at: new Date().toISOString(), ...fact };
    const write = this.#tail.then(async () => {
      if (this.#broken !== null) throw this.#broken;
      try {
        await this.#file.appendFile(`${JSON.stringify(dated)}\n`);
        await this.#file.datasync();
      } catch (cause) {
        const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
        this.#broken = new Problem(
          full ? 'E_DISK_FULL' : 'E_STATE_DAMAGED',
          `Cannot write the journal ${this.path}: ${(cause as Error).message}.`,
          {
            about: this.path,
            cause,
          },
        );
        throw this.#broken;
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
