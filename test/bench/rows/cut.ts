import { setTimeout as sleep } from 'node:timers/promises';
import { Ours } from '../contenders/ours.ts';
import { mustBeIdentical } from '../lab/lab.ts';
import { type Cost, measure } from '../lab/measure.ts';
import { links } from '../lab/network.ts';
import { tool } from '../lab/tool.ts';
import type { Row, Run } from '../result/record.ts';
import { Random } from '../setup/random.ts';
import { usedBytes } from '../setup/used.ts';
import type { Bench, RowMaker } from './bench.ts';

/** Bytes that may be under way when a transfer is cut: the most a receiver may have asked for. */
const windowBytes = 32 * 1024 * 1024;

/**
 * How long the link is down: longer than three heartbeats, so that the connection is lost:
 * milliseconds.
 */
const unpluggedMs = 17_000;

const cuts = ['sender killed', 'receiver killed', 'both killed', 'cable pulled'] as const;
type Cut = (typeof cuts)[number];

/** A transfer that is cut at a random instant and resumed. */
export const cutRow: RowMaker = {
  id: 'cut',
  async make(bench: Bench): Promise<Row> {
    const link = links.fast;
    const disk = await bench.disks.base();
    const random = new Random(`${bench.seed}-cut`);
    const runs: Run[] = [{ ...(await transfer(bench, disk)), contender: 'uncut', round: 1 }];
    const [uncut] = runs;
    if (uncut === undefined) throw new Error('The uncut transfer is missing.');
    for (let round = 1; round <= Math.ceil(bench.rounds / 2); round += 1) {
      for (const cut of round === 1 ? cuts.slice(0, bench.disks.scale.cuts) : cuts.slice(0, 3)) {
        const afterMs = uncut.seconds * (100 + random.below(800));
        const cost = await transfer(bench, disk, cut, afterMs);
        const resent = Math.max(0, cost.wireBytes - uncut.wireBytes);
        bench.say(`  ${cut} after ${(afterMs / 1000).toFixed(2)} s: ${(resent / 1e6).toFixed(2)} MB sent again`);
        runs.push({ ...cost, contender: cut, round });
      }
    }
    const size = bench.disks.scale.diskBytes;
    const most = Math.max(...runs.slice(1).map(({ wireBytes }) => wireBytes - uncut.wireBytes));
    const allowed = size * 0.01 + windowBytes;
    const verdict = {
      target: 're-sent under 1 % of the disk plus the window, result identical',
      seen: `${(Math.max(0, most) / 1e6).toFixed(1)} MB at most in ${runs.length - 1} cuts, of ${(allowed / 1e6).toFixed(1)} MB; all identical`,
      met: most <= allowed,
    };
    const notes = ['Re-sent is what crossed beyond the uncut transfer, digests told again and handshakes included.'];
    const title = 'one server disk, cut at a random instant and resumed';
    return { id: 'cut', title, link: link.name, usedBytes: await usedBytes(disk), runs, verdicts: [verdict], notes };
  },
};

/** Moves a disk, cuts the transfer after a while, has it resumed, and compares what arrived. */
async function transfer({ lab, notePeak }: Bench, disk: string, cut?: Cut, afterMs = 0): Promise<Cost> {
  await lab.empty();
  await lab.shape(links.free);
  const ours = await Ours.open(lab, ['server']);
  try {
    await lab.shape(links.fast);
    const cost = await measure(lab, async () => {
      const move = (): Promise<unknown> => ours.move({ server: disk });
      const moving = move();
      moving.catch(() => undefined);
      if (cut !== undefined) {
        await Promise.race([sleep(afterMs), moving]);
        if (await interrupt(ours, lab.network.near, cut)) await move();
      }
      if (cut === undefined || cut === 'receiver killed' || cut === 'cable pulled') await moving;
      return undefined;
    });
    notePeak(`a transfer, ${cut ?? 'uncut'}`, await ours.peakBytes());
    await mustBeIdentical(disk, ours.arrived('server'));
    return cost;
  } finally {
    await ours.close();
  }
}

/**
 * Cuts the link or kills a daemon, and repairs it as systemd would; returns whether the sender has
 * lost its state.
 */
async function interrupt(ours: Ours, near: string, cut: Cut): Promise<boolean> {
  if (cut === 'cable pulled') {
    await tool('ip', ['-n', near, 'link', 'set', 'cable', 'down']);
    await sleep(unpluggedMs);
    await tool('ip', ['-n', near, 'link', 'set', 'cable', 'up']);
    return false;
  }
  const sender = cut !== 'receiver killed';
  if (cut !== 'sender killed') await ours.kill('receiver');
  if (sender) await ours.kill('sender');
  if (cut !== 'sender killed') await ours.startReceiver();
  if (sender) ours.startSender();
  return sender;
}
