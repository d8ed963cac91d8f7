import { Disks } from '../../../receiver/disks/disks.ts';
import type { Scenario } from '../scenario.ts';
import { checkCopy, closeChecks } from './check-copy.ts';
import { fillAndSeal, offerOf, pullerOf, take, toolsIn, versions } from './copy.ts';

/** A receiver's copy of one disk, through a killed process, changes of the disk and its end. */
export const disks: Scenario = {
  name: 'disks',
  lives: [
    async (state, say) => {
      const all = new Disks('c', state, toolsIn(state));
      const copy = await all.offer('s', 'd', offerOf(0).shape);
      say('offered 0');
      await take(copy, offerOf(0), 0, 6);
      await copy.flushes.now();
      say('durable 0 1 2 3 4 5');
      await take(copy, offerOf(0), 6, 3);
      process.kill(process.pid, 'SIGKILL');
    },
    async (state, say) => {
      const all = new Disks('c', state, toolsIn(state));
      await fillAndSeal(all, offerOf(0));
      say('sealed 0');
      for (let version = 1; version < versions; version += 1) {
        say(`offered ${version}`);
        const offer = offerOf(version);
        const copy = await all.offer('s', 'd', offer.shape);
        await take(copy, offer, 0, 7);
        await copy.flushes.now();
        say('durable 0 1 2 3 4 5 6');
        await take(copy, offer, 7, copy.file.blocks.length - 7);
        await all.seal('s', 'd', offer.root, pullerOf(copy, offer));
        say(`sealed ${version}`);
      }
      say('discarding');
      await all.discardAll();
      say('discarded');
    },
  ],
  check: checkCopy,
  close: closeChecks,
};
