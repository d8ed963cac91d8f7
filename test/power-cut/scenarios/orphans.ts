import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Disks } from '../../../receiver/disks/disks.ts';
import { syncFolder } from '../../../shared/durable.ts';
import type { Scenario } from '../scenario.ts';
import { checkCopy, closeChecks } from './check-copy.ts';
import { offerOf, take, toolsIn } from './copy.ts';

/**
 * A disk is copied anew whose earlier file was deleted, and whose digests and marks were not yet.
 */
export const orphans: Scenario = {
  name: 'orphans',
  lives: [
    async (state) => {
      const all = new Disks('c', state, toolsIn(state));
      const copy = await all.offer('s', 'd', offerOf(0).shape);
      await take(copy, offerOf(0));
      await all.close();
      await rm(join(state, 'disks', 's', 'd.part'));
      await syncFolder(join(state, 'disks', 's'));
    },
    async (state, say) => {
      const all = new Disks('c', state, toolsIn(state));
      const copy = await all.offer('s', 'd', offerOf(0).shape);
      await take(copy, offerOf(0), 0, 6);
      await copy.flushes.now();
      say('offered 0');
      say('durable 0 1 2 3 4 5');
      say('marked 0 1 2 3 4 5');
    },
  ],
  check: checkCopy,
  close: closeChecks,
};
