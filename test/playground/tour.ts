import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One line of the README's tour: on which controller it is typed, the command, and what it does.
 */
export interface TourLine {
  readonly controller: 'R' | 'S';
  readonly command: string;
  readonly says: string;
}

/** The commands of "The ten-minute tour", in their order. */
export async function readTour(): Promise<TourLine[]> {
  const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
  const block = /^## The ten-minute tour$.*?^```sh$(.*?)^```$/ms.exec(readme)?.[1] ?? '';
  const lines = [...block.matchAll(/^([RS])\$ (.+?) +# (.+)$/gm)].map(
    ([, controller, command = '', says = '']): TourLine => ({ controller: controller === 'R' ? 'R' : 'S', command, says }),
  );
  if (lines.length === 0) throw new Error('The README has no tour.');
  return lines;
}
