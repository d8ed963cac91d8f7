import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freeKept, listKept } from '../../../receiver/campaign/kept.ts';
import { openKept } from '../../../receiver/disks/dedup/kept-disk.ts';
import { Disks } from '../../../receiver/disks/disks.ts';
import type { Scenario } from '../scenario.ts';
import { fillAndSeal, offerOf, toolsIn, versionOf } from './copy.ts';

const campaign = '0b6d1d3e-0000-4000-8000-000000000001';
const keptIn = (state: string): string => join(state, 'kept', 'of-a-sender');
const nobody = { userOf: () => Promise.resolve(null), letGo: () => Promise.resolve() };

/**
 * A commit that keeps its disks for later campaigns, which frees everything else, and their end.
 */
export const kept: Scenario = {
  name: 'kept',
  lives: [
    async (state, say) => {
      const all = new Disks(campaign, join(state, 'campaigns', campaign), toolsIn(state));
      all.useKept(keptIn(state));
      await fillAndSeal(all, offerOf(0), 'one');
      await fillAndSeal(all, offerOf(1), 'two');
      await all.keepAll();
      await all.discardAll();
      say('committed');
      say('freeing');
      await freeKept(join(state, 'kept'), { which: 'all' }, [], nobody);
      say('freed');
    },
  ],
  check: async (state, said) => {
    const flaws: string[] = [];
    const donors = await openKept(keptIn(state));
    for (const donor of donors) {
      const version = donor.path.includes('.one') ? 0 : 1;
      const digests = await donor.digests(0, offerOf(version).digests.length / 32);
      if (!(await readFile(donor.path)).equals(versionOf(version)) || !offerOf(version).digests.equals(digests))
        flaws.push(`the kept disk ${version} has other bytes than its digests name`);
      await donor.close();
    }
    const [only] = await listKept(join(state, 'kept'), nobody);
    if (said.at(-1) === 'committed' && donors.length !== 2) flaws.push(`${2 - donors.length} disks that were kept are gone`);
    if (said.includes('committed') && (await readdir(join(state, 'campaigns', campaign))).includes('disks'))
      flaws.push('what a commit freed takes room again');
    if (said.at(-1) === 'freed' && only !== undefined) flaws.push(`${only.disks} disks that were freed are back`);
    return flaws;
  },
};
