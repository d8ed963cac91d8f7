import type { Contender, Job } from '../contenders/contender.ts';
import { mustBeIdentical } from '../lab/lab.ts';
import { measure } from '../lab/measure.ts';
import { links } from '../lab/network.ts';
import { tool } from '../lab/tool.ts';
import type { Run } from '../result/record.ts';
import type { Bench } from './bench.ts';

/**
 * Where the best rival takes longer than this, it alone runs against us in later rounds, and these
 * are half as many: seconds.
 */
const slowSeconds = 20;

/** Rivals that go on after the first round where the link is fast. */
const rivalsGoingOn = 3;

/** Reads the disks into the page cache first: the transfer is measured, not this machine's disk. */
export async function warm(disk: string): Promise<void> {
  await tool('dd', [`if=${disk}`, 'of=/dev/null', 'bs=1M', 'status=none']);
}

/** Runs one contender once, compares what arrived, and tells what it cost. */
export async function runOnce(bench: Bench, contender: Contender, job: Job, round: number): Promise<Run> {
  const { lab, say } = bench;
  await lab.empty();
  await lab.shape(links.free);
  const ready = await contender.prepare(lab, job);
  try {
    await warm(job.disk);
    await tool('sync', []);
    await lab.shape(job.link);
    const cost = await measure(lab, () => ready.run());
    const exact = await ready.peakBytes?.();
    if (exact !== undefined) bench.notePeak(`${contender.name} at ${job.link.name}`, exact);
    await mustBeIdentical(job.disk, ready.arrived);
    const run: Run = { ...cost, ...(exact === undefined ? {} : { peakBytes: exact }), contender: contender.name, round };
    say(
      `  ${contender.name}: ${run.seconds.toFixed(2)} s, ${(run.wireBytes / 1e6).toFixed(1)} MB, load before ${run.loadBefore}`,
    );
    return run;
  } finally {
    await ready.close();
    await lab.empty();
  }
}

/**
 * Runs all contenders round by round, every second round in the reverse order. After the first
 * round only the best rivals go on, for the others would take the same minutes again.
 */
export async function race(bench: Bench, ours: Contender, rivals: readonly Contender[], job: Job): Promise<Run[]> {
  const runs: Run[] = [];
  let field = [ours, ...rivals];
  let { rounds } = bench;
  for (let round = 1; round <= rounds; round += 1) {
    bench.say(`  round ${round} of ${rounds}`);
    for (const contender of round % 2 === 1 ? field : field.toReversed()) runs.push(await runOnce(bench, contender, job, round));
    if (round > 1) continue;
    const seconds = (rival: Contender): number => runs.find(({ contender }) => contender === rival.name)?.seconds ?? 0;
    const sorted = [...rivals].sort((a, b) => seconds(a) - seconds(b));
    const isSlow = sorted[0] !== undefined && seconds(sorted[0]) > slowSeconds;
    field = [ours, ...sorted.slice(0, isSlow ? 1 : rivalsGoingOn)];
    if (isSlow) rounds = Math.ceil(rounds / 2);
  }
  return runs;
}
