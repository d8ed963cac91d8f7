import type { Contender } from '../contenders/contender.ts';
import { iperf } from '../contenders/iperf.ts';
import { Ours } from '../contenders/ours.ts';
import { rivals } from '../contenders/rivals.ts';
import { mustBeIdentical } from '../lab/lab.ts';
import { type Congestion, congestions, knownCongestions } from '../lab/long-cable.ts';
import { measure } from '../lab/measure.ts';
import type { Link } from '../lab/network.ts';
import { percentile, type Row, type Run, spreadOf, type Verdict } from '../result/record.ts';
import type { Bench, RowMaker } from './bench.ts';
import { runOnce, warm } from './race.ts';

const MiB = 1024 * 1024;
const rttMs = 100;

/** How long each contender should need, so that its beginning counts for little: seconds. */
const wantedSeconds = 20;
const iperfSeconds = 12;
/**
 * As long as a transfer: a lost packet holds up several messages, and two of 240 would be the p99.
 */
const listenSeconds = 20;
const mostDiskBytes = 2048 * MiB;
const leastDiskBytes = 4 * MiB;

/** What part of sixteen streams ours must carry, by the loss in per cent. */
const targets = { 0: 0.9, 0.1: 0.7, 1: 0.5 } as const;

type Loss = keyof typeof targets;

interface Line {
  readonly id: string;
  readonly link: Link;
  readonly congestion: Congestion;
  readonly lossPercent: Loss;
}

function line(megabits: number, lossPercent: Loss, congestion: Congestion): Line {
  const says = `${megabits === 1000 ? '1 Gbit/s' : `${megabits} Mbit/s`}, ${rttMs} ms, ${lossPercent} % loss, ${congestion}`;
  const link: Link = {
    name: says,
    bytesPerSecond: megabits * 125_000,
    shape: `rate ${megabits}mbit burst 256kb latency 50ms`,
    distance: { rttMs, lossPercent, congestion },
  };
  return { id: `line-${megabits}-${lossPercent}-${congestion}`, link, congestion, lossPercent };
}

/** A disk that nothing compresses over a long line, beside what TCP itself carries there. */
function rowOf({ id, link, congestion, lossPercent }: Line): RowMaker {
  return {
    id,
    async make(bench: Bench): Promise<Row> {
      if (!(await knownCongestions()).includes(congestion)) {
        bench.say(`  NOT MEASURED: this kernel has no ${congestion}.`);
        const verdict = { target: `${congestion} is measured`, seen: 'this kernel does not have it', met: false };
        return { id, title: 'a long line', link: link.name, usedBytes: 0, runs: [], verdicts: [verdict], notes: [] };
      }
      const one: number[] = [];
      const sixteen: number[] = [];
      const listen = async (): Promise<void> => {
        await bench.lab.shape(link);
        one.push(await iperf(bench.lab, 1, iperfSeconds));
        sixteen.push(await iperf(bench.lab, 16, iperfSeconds));
        bench.say(`  iperf3: ${inMB(one.at(-1))} with one stream, ${inMB(sixteen.at(-1))} with sixteen`);
      };
      await listen();
      const bytes = diskBytesFor(sixteen[0] ?? 0);
      const disk = await bench.disks.noise(bytes);
      const runs: Run[] = [];
      const trips: number[] = [];
      const idle: number[] = [];
      for (let round = 1; round <= bench.rounds; round += 1) {
        if (round > 1) await listen();
        const moved = await move(bench, link, disk, round);
        runs.push(moved.run);
        trips.push(...moved.trips);
        idle.push(...moved.idle);
      }
      const others = [];
      for (const rival of [rivals.nbdcopy, rivals.rsync]) others.push(await beside(bench, rival, link, one[0] ?? 0));
      const carried = spreadOf(runs.map(({ seconds }) => bytes / seconds)).median;
      const notes = [
        `iperf3: ${inMB(spreadOf(one).median)} with one stream, ${inMB(spreadOf(sixteen).median)} with sixteen.`,
        `godwit: ${inMB(carried)}, ${(carried / spreadOf(one).median).toFixed(2)} x one stream. ${others.join(' ')}`,
      ];
      const verdicts = [
        judge(carried, spreadOf(sixteen).median, targets[lossPercent]),
        judgeControl(trips, idle),
        judgeMemory(runs),
      ];
      return { id, title: 'a disk of random bytes', link: link.name, usedBytes: bytes, runs, verdicts, notes };
    },
  };
}

/** Every long line: rates, losses and congestion controls. */
export const lineRows: readonly RowMaker[] = [100, 1000].flatMap((megabits) =>
  ([0, 0.1, 1] as const).flatMap((loss) => congestions.map((congestion) => rowOf(line(megabits, loss, congestion)))),
);

/** The size of a disk that takes the wanted time at a rate; in steps, so that disks are shared. */
function diskBytesFor(bytesPerSecond: number): number {
  const wanted = 2 ** Math.round(Math.log2(bytesPerSecond * wantedSeconds));
  return Math.max(leastDiskBytes, Math.min(mostDiskBytes, wanted));
}

async function move({ lab, say, notePeak }: Bench, link: Link, disk: string, round: number) {
  await lab.empty();
  await lab.shape({ name: 'unshaped', bytesPerSecond: null, shape: null });
  const ours = await Ours.open(lab, ['server']);
  try {
    await warm(disk);
    await lab.shape(link);
    const idle = await ours.listen(listenSeconds);
    let trips: readonly number[] = [];
    const cost = await measure(lab, async () => {
      const moved = await ours.move({ server: disk }, { control: true });
      trips = moved.trips;
      return moved.seconds;
    });
    const peakBytes = await ours.peakBytes();
    notePeak(`godwit at ${link.name}`, peakBytes);
    await mustBeIdentical(disk, ours.arrived('server'));
    const run: Run = { ...cost, peakBytes, contender: 'godwit', round };
    const memory = `${Math.round(peakBytes.near / MiB)} and ${Math.round(peakBytes.far / MiB)} MiB`;
    say(
      `  godwit: ${run.seconds.toFixed(1)} s, control p99 ${percentile(trips, 0.99).toFixed(0)} ms (idle ${percentile(idle, 0.99).toFixed(0)}), ${memory}, load ${run.loadBefore}`,
    );
    return { run, trips, idle };
  } finally {
    await ours.close();
  }
}

/** What a rival carries: with a disk of its own size, for it may be a hundred times as slow. */
async function beside(bench: Bench, rival: Contender, link: Link, oneStream: number): Promise<string> {
  const bytes = diskBytesFor(oneStream);
  const { seconds } = await runOnce(bench, rival, { disk: await bench.disks.noise(bytes), link }, 1);
  return `${rival.name}: ${inMB(bytes / seconds)}.`;
}

function judge(carried: number, sixteen: number, least: number): Verdict {
  const ratio = carried / sixteen;
  return { target: `at least ${least} x sixteen streams of iperf3`, seen: `${ratio.toFixed(2)} x`, met: ratio >= least };
}

/**
 * A message that TCP has to send again takes long over an idle line, too: that is no queue of ours.
 */
function judgeControl(trips: readonly number[], idle: readonly number[]): Verdict {
  const p99 = percentile(trips, 0.99);
  const idle99 = percentile(idle, 0.99);
  const both = (of: readonly number[]): string =>
    `p50 ${percentile(of, 0.5).toFixed(0)} ms, p99 ${percentile(of, 0.99).toFixed(0)} ms`;
  const seen = `${both(trips)}, of ${trips.length}; idle ${both(idle)}`;
  const target = 'p99 of a control message at most 50 ms above that of an idle line';
  return { target, seen, met: p99 <= idle99 + 50 };
}

function judgeMemory(runs: readonly Run[]): Verdict {
  const most = Math.max(...runs.flatMap(({ peakBytes }) => [peakBytes?.near ?? 0, peakBytes?.far ?? 0]));
  return { target: 'under 400 MiB resident, either daemon', seen: `${Math.round(most / MiB)} MiB`, met: most < 400 * MiB };
}

function inMB(bytesPerSecond = 0): string {
  return `${(bytesPerSecond / 1e6).toFixed(2)} MB/s`;
}
