import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeDurably } from '../durable.ts';

/**
 * A completion marker: a small file that says, to people and to programs, that a stage of this
 * campaign is whole.
 */
export interface Marker {
  readonly campaign: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** SHA-256, hex, of what is complete: the document, the disk's root, the totals. */
  readonly digest: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** SHA-256 of a value's JSON, hex. Keys count in the order they stand. */
export function digestOfJson(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/**
 * Writes a marker under a campaign's `markers/`: `configurationCompleted`,
 * `<server>/<disk>.completed`, `<server>.completed`, `completed`.
 */
export async function writeMarker(folder: string, path: readonly string[], marker: Marker): Promise<void> {
  await writeDurably(join(folder, 'markers', ...path), `${JSON.stringify(marker, null, 2)}\n`);
}
