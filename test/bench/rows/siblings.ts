import type { Contender } from '../contenders/contender.ts';
import { Ours } from '../contenders/ours.ts';
import { rivals } from '../contenders/rivals.ts';
import { mustBeIdentical } from '../lab/lab.ts';
import { measure } from '../lab/measure.ts';
import { links } from '../lab/network.ts';
import { type Row, type Run, secondsOf, type Verdict } from '../result/record.ts';
import { fasterThan } from '../result/verdict.ts';
import { usedBytes } from '../setup/used.ts';
import type { Bench, RowMaker } from './bench.ts';
import { runOnce, warm } from './race.ts';

const link = links.slow;

/** One campaign of servers that were made from one image. */
export const siblingsRow: RowMaker = {
  id: 'siblings',
  async make(bench: Bench): Promise<Row> {
    const disks = await bench.disks.siblings();
    const own = await runOurs(bench, disks);
    const rsync = await runEach(bench, rivals.rsyncZstd3, disks);
    const runs = [own, rsync];
    const [first = ''] = disks;
    const scp = await secondsOfScp(bench, first);
    const verdicts: Verdict[] = [
      fasterThan(runs, rsync.contender, own.contender, 5, rsync.contender),
      { ...atLeast(30, (scp.seconds * disks.length) / own.seconds), target: `at least 30 x scp (${scp.says})` },
      withinLink(own),
    ];
    const title = `${disks.length} servers made from one image, ${Math.round(bench.disks.scale.ownBytes / 1e6)} MB of their own each`;
    const used = (await usedBytes(first)) * disks.length;
    const notes = [`${rsync.contender} ran ${disks.length} times, disk after disk; its seconds are the sum.`];
    for (const disk of disks) await bench.disks.drop(disk);
    return { id: 'siblings', title, link: link.name, usedBytes: used, runs, verdicts, notes };
  },
};

async function runOurs({ lab, parallel, say, notePeak }: Bench, disks: readonly string[]): Promise<Run> {
  const paths = Object.fromEntries(disks.map((disk, place) => [`server-${place + 1}`, disk]));
  await lab.empty();
  const ours = await Ours.open(lab, Object.keys(paths));
  try {
    for (const disk of disks) await warm(disk);
    await lab.shape(link);
    const cost = await measure(lab, async () => (await ours.move(paths, { parallel })).seconds);
    const peakBytes = await ours.peakBytes();
    notePeak(`${disks.length} siblings`, peakBytes);
    for (const [server, disk] of Object.entries(paths)) await mustBeIdentical(disk, ours.arrived(server));
    say(`  godwit: ${cost.seconds.toFixed(1)} s, ${(cost.wireBytes / 1e6).toFixed(1)} MB`);
    return { ...cost, peakBytes, contender: 'godwit', round: 1 };
  } finally {
    await ours.close();
  }
}

/** Runs a rival once for each disk; what it cost is the sum, its peak the greatest. */
async function runEach(bench: Bench, rival: Contender, disks: readonly string[]): Promise<Run> {
  const each: Run[] = [];
  for (const disk of disks) each.push(await runOnce(bench, rival, { disk, link }, 1));
  const sum = (of: (run: Run) => number): number => each.reduce((total, run) => total + of(run), 0);
  const peak = (of: (run: Run) => number): number => Math.max(...each.map(of));
  return {
    contender: `${rival.name}, x ${disks.length}`,
    round: 1,
    seconds: sum(({ seconds }) => seconds),
    wireBytes: sum(({ wireBytes }) => wireBytes),
    cpuSeconds: { near: sum(({ cpuSeconds }) => cpuSeconds.near), far: sum(({ cpuSeconds }) => cpuSeconds.far) },
    peakBytes: { near: peak(({ peakBytes }) => peakBytes.near), far: peak(({ peakBytes }) => peakBytes.far) },
    loadBefore: each[0]?.loadBefore ?? 0,
  };
}

/**
 * One disk by scp, from the row of one disk or measured now. The time of sixteen is computed from
 * it, and marked as computed.
 */
async function secondsOfScp(bench: Bench, disk: string): Promise<{ seconds: number; says: string }> {
  const known = bench.done.find(({ id }) => id === 'cold-100');
  const seconds =
    known === undefined
      ? (await runOnce(bench, rivals.scp, { disk, link }, 1)).seconds
      : secondsOf(known.runs, rivals.scp.name).median;
  return { seconds, says: `calculated from ${seconds.toFixed(1)} s for one disk` };
}

function atLeast(least: number, ratio: number): Omit<Verdict, 'target'> {
  return { seen: `${ratio.toFixed(1)} x`, met: ratio >= least };
}

function withinLink({ seconds, wireBytes }: Run): Verdict {
  const share = seconds / (wireBytes / link.bytesPerSecond);
  return {
    target: 'within 1.15 x of what the link needs for our bytes',
    seen: `${share.toFixed(2)} x`,
    met: share <= 1.15,
  };
}
