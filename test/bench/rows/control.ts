import { Ours } from '../contenders/ours.ts';
import { measure } from '../lab/measure.ts';
import { type Link, links } from '../lab/network.ts';
import { percentile, type Row, type Run, type Verdict } from '../result/record.ts';
import { usedBytes } from '../setup/used.ts';
import type { Bench, RowMaker } from './bench.ts';

/** Control messages while a disk crosses at full speed, over each link. */
export const controlRow: RowMaker = {
  id: 'control',
  async make(bench: Bench): Promise<Row> {
    const disk = await bench.disks.base();
    const runs: Run[] = [];
    const verdicts: Verdict[] = [];
    for (const link of Object.values(links)) {
      const { run, trips } = await listen(bench, disk, link);
      runs.push(run);
      const p99 = percentile(trips, 0.99);
      const seen = `p50 ${percentile(trips, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, of ${trips.length}`;
      verdicts.push({ target: `p99 of a control message's round trip under 50 ms, ${link.name}`, seen, met: p99 < 50 });
      bench.say(`  ${link.name}: ${seen}`);
    }
    const title = 'control messages during a transfer';
    return { id: 'control', title, link: 'each', usedBytes: await usedBytes(disk), runs, verdicts, notes: [] };
  },
};

async function listen({ lab, notePeak }: Bench, disk: string, link: Link): Promise<{ run: Run; trips: readonly number[] }> {
  await lab.empty();
  const ours = await Ours.open(lab, ['server']);
  try {
    await lab.shape(link);
    let trips: readonly number[] = [];
    const cost = await measure(lab, async () => {
      const moved = await ours.move({ server: disk }, { control: true });
      trips = moved.trips;
      return moved.seconds;
    });
    notePeak(`control messages at ${link.name}`, await ours.peakBytes());
    return { run: { ...cost, contender: `godwit, ${link.name}`, round: 1 }, trips };
  } finally {
    await ours.close();
  }
}
