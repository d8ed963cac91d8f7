import { Ours } from '../contenders/ours.ts';
import { mustBeIdentical } from '../lab/lab.ts';
import { measure } from '../lab/measure.ts';
import { links } from '../lab/network.ts';
import type { Row, Run } from '../result/record.ts';
import { usedBytes } from '../setup/used.ts';
import type { Bench, RowMaker } from './bench.ts';

/**
 * A server that was installed on its own, after another of the same distribution, in one campaign.
 */
export const secondRow: RowMaker = {
  id: 'second',
  async make({ lab, disks, say, notePeak }: Bench): Promise<Row> {
    const link = links.fast;
    const paths = { first: await disks.base(), second: await disks.second() };
    await lab.empty();
    const ours = await Ours.open(lab, Object.keys(paths));
    const runs: Run[] = [];
    try {
      await lab.shape(link);
      for (const [server, disk] of Object.entries(paths)) {
        const cost = await measure(lab, async () => (await ours.move({ [server]: disk })).seconds);
        await mustBeIdentical(disk, ours.arrived(server));
        say(`  ${server}: ${cost.seconds.toFixed(2)} s, ${(cost.wireBytes / 1e6).toFixed(2)} MB`);
        runs.push({ ...cost, contender: `godwit, the ${server}`, round: 1 });
      }
      notePeak('a second installation', await ours.peakBytes());
    } finally {
      await ours.close();
    }
    const share = (runs[0]?.wireBytes ?? 0) / (runs[1]?.wireBytes ?? 1);
    const verdict = {
      target: 'at least 25 x fewer bytes than the first, digest lists counted',
      seen: `${share.toFixed(1)} x fewer`,
      met: share >= 25,
    };
    const title = 'a second, separately installed server of the same distribution';
    const used = await usedBytes(paths.second);
    return { id: 'second', title, link: link.name, usedBytes: used, runs, verdicts: [verdict], notes: [] };
  },
};
