import { godwit } from '../contenders/godwit.ts';
import { rivals } from '../contenders/rivals.ts';
import { type Link, links } from '../lab/network.ts';
import { quickest, type Row, type Run, secondsOf, type Verdict, wireOf } from '../result/record.ts';
import { fasterThan } from '../result/verdict.ts';
import type { Bench, RowMaker } from './bench.ts';
import { race } from './race.ts';

const ours = godwit.name;

interface Delta {
  readonly id: string;
  readonly link: Link;
  readonly which: 'few' | 'many';
  readonly least: number;
}

/** What a server wrote since the last round, to a side that has that round. */
function delta({ id, link, which, least }: Delta): RowMaker {
  return {
    id,
    async make(bench: Bench): Promise<Row> {
      const { scale } = bench.disks;
      // Over a slow link the two levels take the same time, and a long one.
      const packed = link === links.slow && !bench.all ? [rivals.rsyncZstd3] : [rivals.rsyncZstd1, rivals.rsyncZstd3];
      const field = [rivals.rsync, ...packed];
      const older = await bench.disks.base();
      const disk = await bench.disks[which]();
      const usedBytes = which === 'few' ? scale.fewBytes : scale.manyBytes;
      const runs = await race(bench, godwit, field, { disk, older, link });
      const best = quickest(
        runs,
        field.map(({ name }) => name),
      );
      const title = `${Math.round(usedBytes / 1e6)} MB changed since the last round`;
      const verdicts = [fasterThan(runs, best, ours, least, 'rsync'), ...lastDelta(runs, link, which)];
      return { id, title, link: link.name, usedBytes, runs, verdicts, notes: [] };
    },
  };
}

/** What a guest waits for in a warm move, beside its stop and its boot. */
function lastDelta(runs: readonly Run[], { bytesPerSecond }: Link, which: string): Verdict[] {
  if (bytesPerSecond === null || which !== 'few') return [];
  const wireSeconds = wireOf(runs, ours).median / bytesPerSecond;
  const { median, max } = secondsOf(runs, ours);
  return [
    {
      target: 'as the last delta of a warm move: wire time of the changed bytes plus 1.5 s',
      seen: `${wireSeconds.toFixed(2)} s on the wire, ${(median - wireSeconds).toFixed(2)} s more (${(max - wireSeconds).toFixed(2)} at most)`,
      met: median - wireSeconds <= 1.5,
    },
  ];
}

/** A disk again, after its guest has worked. */
export const deltaRows: readonly RowMaker[] = [
  delta({ id: 'few-100', link: links.slow, which: 'few', least: 1.7 }),
  delta({ id: 'few-1000', link: links.fast, which: 'few', least: 5 }),
  delta({ id: 'many-100', link: links.slow, which: 'many', least: 1.7 }),
];
