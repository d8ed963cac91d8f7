import { stat } from 'node:fs/promises';
import { Ours } from '../contenders/ours.ts';
import { measure } from '../lab/measure.ts';
import { links } from '../lab/network.ts';
import { tool } from '../lab/tool.ts';
import { type Row, type Run, spreadOf } from '../result/record.ts';
import type { Bench, RowMaker } from './bench.ts';

const MiB = 1024 * 1024;
const limitBytes = 400 * MiB;
const sampleMs = 500;

/** A huge disk with little on it, and what every other row of ours took. MUST be the last row. */
export const memoryRow: RowMaker = {
  id: 'memory',
  async make(bench: Bench): Promise<Row> {
    const { lab, disks, say, notePeak, peaks } = bench;
    const disk = await disks.huge();
    const GiB = Math.round((await stat(disk)).size / (1024 * MiB));
    await lab.empty();
    const ours = await Ours.open(lab, ['server']);
    const samples: number[] = [];
    let run: Run;
    try {
      await lab.shape(links.free);
      const sampler = setInterval(() => void sampleInto(samples, bench), sampleMs);
      const cost = await measure(lab, async () => (await ours.move({ server: disk })).seconds).finally(() =>
        clearInterval(sampler),
      );
      const peakBytes = await ours.peakBytes();
      notePeak(`a sparse disk of ${GiB} GiB`, peakBytes);
      run = { ...cost, peakBytes, contender: 'godwit', round: 1 };
      say(`  godwit: ${run.seconds.toFixed(1)} s, ${peakBytes.near / MiB} and ${peakBytes.far / MiB} MiB`);
      // cmp would read all of the holes; this compares what either has.
      await tool('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', disk, ours.arrived('server')]);
    } finally {
      await ours.close();
    }
    const highest = [...peaks].sort(([, a], [, b]) => b - a)[0];
    const [work = '', most = 0] = highest ?? [];
    const verdict = {
      target: 'under 400 MiB resident, either daemon, in every row that ran',
      seen: `${Math.round(most / MiB)} MiB at most: ${work}`,
      met: most < limitBytes,
    };
    const said = samples.length < 4 ? 'it took too little time to be sampled' : `${quarters(samples).join(', ')} MiB`;
    const notes = [`${GiB} GiB: both daemons together, by quarters of the time: ${said}.`];
    const title = `a sparse disk of ${GiB} GiB`;
    const used = (await stat(disk)).blocks * 512;
    return { id: 'memory', title, link: links.free.name, usedBytes: used, runs: [run], verdicts: [verdict], notes };
  },
};

async function sampleInto(samples: number[], { lab }: Bench): Promise<void> {
  const [near, far] = await Promise.all([lab.near.residentBytes(), lab.far.residentBytes()]);
  samples.push(near + far);
}

/** The median of each quarter of the samples, which MUST be four at least: MiB. */
function quarters(samples: readonly number[]): number[] {
  const each = Math.floor(samples.length / 4);
  return [0, 1, 2, 3].map((n) => Math.round(spreadOf(samples.slice(n * each, (n + 1) * each)).median / MiB));
}
