import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDurably } from '../../shared/durable.ts';
import { writeMarker } from '../../shared/model/marker.ts';
import type { CopyCounts } from './copy/copy.ts';

/** The record of a sealed disk, as its marker holds it. */
export interface Sealed extends CopyCounts {
  readonly root: string;
  readonly size: number;
  readonly block_size: number;
}

/** The markers of a campaign's sealed disks: `markers/<server>/<disk>.completed`. */
export class SealMarkers {
  readonly #campaign: string;
  readonly #folder: string;

  constructor(campaign: string, folder: string) {
    this.#campaign = campaign;
    this.#folder = folder;
  }

  /** The record of a sealed disk, or null. */
  async read(server: string, disk: string): Promise<Sealed | null> {
    const text = await readFile(this.#path(server, disk), 'utf8').catch(ignoreAbsent);
    if (text === undefined) return null;
    const { digest, counts } = JSON.parse(text) as { digest: string; counts: Sealed };
    return { ...counts, root: digest };
  }

  /** Writes the marker, durably. */
  async write(server: string, disk: string, { root, ...counts }: Sealed): Promise<void> {
    const at = new Date().toISOString();
    const marker = { campaign: this.#campaign, at, digest: root, counts };
    await writeMarker(this.#folder, [server, `${disk}.completed`], marker);
  }

  /** Removes the marker, durably: it MUST NOT certify bytes that may still change. */
  async remove(server: string, disk: string): Promise<void> {
    await removeDurably(this.#path(server, disk));
  }

  #path(server: string, disk: string): string {
    return join(this.#folder, 'markers', server, `${disk}.completed`);
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
