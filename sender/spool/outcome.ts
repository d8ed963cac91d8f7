import { link, lstat, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder, syncFolder, writeDurably } from '../../shared/durable.ts';
import type { Problem } from '../../shared/problem.ts';
import { besideName } from './name.ts';
import { isSame, type Look } from './read.ts';

const Accepted = z.object({ file: z.string(), digest: z.string(), campaign: z.string(), at: z.string() });

/** A file that started a campaign. `digest`: SHA-256 of its content; `at`: ISO 8601, UTC. */
export type Accepted = Readonly<z.infer<typeof Accepted>>;

const RefusedFile = z.object({ digest: z.string(), changed: z.string(), again: z.literal('never') });

/** Keeps what became of each file: beside it for people, in the state directory for the daemon. */
export class Outcomes {
  readonly #folder: string;
  readonly #memory: string;

  constructor(folder: string, state: string) {
    this.#folder = folder;
    this.#memory = join(state, 'spool-accepted');
  }

  /** The campaign that a content has already started, under whatever file name. */
  async accepted(digest: string): Promise<Accepted | undefined> {
    return await readJson(join(this.#memory, `${digest}.json`), Accepted);
  }

  /** Remembers an acceptance; durable when it returns. */
  async accept(accepted: Accepted): Promise<void> {
    await writeDurably(join(this.#memory, `${accepted.digest}.json`), json(accepted));
  }

  /**
   * Writes the result beside the file and moves the file away; a file that has changed meanwhile
   * stays.
   */
  async settle(name: string, accepted: Accepted, look: Look): Promise<void> {
    await rm(this.#beside(name, '.problem.json'), { force: true });
    await writeDurably(this.#beside(name, '.result.json'), json({ ...accepted, file: name }));
    await this.#moveAway(name, accepted.digest, look);
  }

  /** Writes beside the file why it was refused; `read` is null where its content was never read. */
  async refuse(name: string, read: { readonly digest: string; readonly look: Look } | null, problem: Problem): Promise<void> {
    const refused = {
      file: name,
      digest: read?.digest ?? null,
      changed: read === null ? null : String(read.look.mtimeNs),
      at: new Date().toISOString(),
      again: problem.retry,
      problem: problem.toJSON(),
      exit: problem.exit,
    };
    await writeDurably(this.#beside(name, '.problem.json'), json(refused));
  }

  /**
   * Whether this file was refused for good as it is, perhaps by an earlier daemon; `touch` has it
   * read again.
   */
  async wasRefused(name: string, digest: string, look: Look): Promise<boolean> {
    const refused = await readJson(this.#beside(name, '.problem.json'), RefusedFile);
    return refused?.digest === digest && refused.changed === String(look.mtimeNs);
  }

  async #moveAway(name: string, digest: string, look: Look): Promise<void> {
    const folder = join(this.#folder, 'accepted');
    await makeFolder(folder);
    const from = join(this.#folder, name);
    const to = join(folder, besideName(name, `.${digest.slice(0, 12)}`));
    try {
      await rename(from, to);
    } catch (error) {
      // Somebody else has taken the file away.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const moved = await lstat(to, { bigint: true });
    // A rename changes ctime alone; any other change means that a new file took the name just now.
    if (!isSame({ ...look, ctimeNs: moved.ctimeNs }, moved)) {
      await link(to, from).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      // It is the operator's: its old name stands before the new one goes.
      await syncFolder(this.#folder);
      await rm(to, { force: true });
    }
    await syncFolder(folder);
  }

  #beside(name: string, ending: string): string {
    return join(this.#folder, besideName(name, ending));
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Reads a file of ours; undefined when it is missing or damaged, as if nothing was decided. */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
