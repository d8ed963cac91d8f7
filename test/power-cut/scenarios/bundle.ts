import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBundle } from '../../../sender/cli/bundle-file.ts';
import type { Scenario } from '../scenario.ts';

const piece = Buffer.alloc(5000, 'bundle');

/** An exported bundle, which may be all that is carried to the other cloud. */
export const bundle: Scenario = {
  name: 'bundle',
  lives: [
    async (state, say) => {
      const pieces = async function* (): AsyncGenerator<Buffer> {
        for (let number = 0; number < 3; number += 1) yield piece;
      };
      await writeBundle(pieces(), join(state, 'shop.tar'), new AbortController().signal);
      say('complete');
    },
  ],
  check: async (state, said) => {
    const file = await readFile(join(state, 'shop.tar')).catch(() => Buffer.alloc(0));
    const isWhole = file.equals(Buffer.concat([piece, piece, piece]));
    return said.includes('complete') && !isWhole ? ['the bundle was called complete, and is not whole'] : [];
  },
};
