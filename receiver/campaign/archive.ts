import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../../shared/durable.ts';
import { Problem } from '../../shared/problem.ts';

const EndedFile = z.object({
  format: z.literal('godwit/ended'),
  version: z.literal(1),
  state: z.enum(['committed', 'removed']),
  built: z.int().min(0),
});

/** A campaign that is over, as its folder's name in the archive says. `at`: ISO 8601, UTC. */
export interface Ended {
  readonly id: string;
  readonly at: string;
}

/** What is told of a campaign that is over. */
export type EndedSummary = Pick<z.infer<typeof EndedFile>, 'state' | 'built'>;

/**
 * The campaigns that are over, one small file each, named by the time and the id: thousands are
 * listed by their names, and their ledgers stay closed.
 */
export class Archive {
  readonly #folder: string;

  constructor(state: string) {
    this.#folder = join(state, 'archive');
  }

  /** All campaigns that are over, the newest first. */
  async list(): Promise<Ended[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const ended = names.flatMap((name) => {
      const [, at, id] = /^(\d{4}-[^_]*Z)_(.+)\.json$/.exec(name) ?? [];
      return at === undefined || id === undefined ? [] : [{ id, at }];
    });
    return ended.sort((one, other) => other.at.localeCompare(one.at));
  }

  /** Notes that a campaign is over, durably. */
  async add(id: string, summary: EndedSummary): Promise<void> {
    const ended = { format: 'godwit/ended', version: 1, ...summary };
    await writeDurably(this.#path({ id, at: new Date().toISOString() }), `${JSON.stringify(ended)}\n`);
  }

  /** What is told of one. Throws E_STATE_DAMAGED. */
  async read(ended: Ended): Promise<EndedSummary> {
    const path = this.#path(ended);
    try {
      const { state, built } = EndedFile.parse(JSON.parse(await readFile(path, 'utf8')));
      return { state, built };
    } catch (cause) {
      throw new Problem('E_STATE_DAMAGED', `${path} cannot be read.`, { about: path, cause });
    }
  }

  #path({ id, at }: Ended): string {
    return join(this.#folder, `${at}_${id}.json`);
  }
}
