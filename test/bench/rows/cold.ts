import type { Contender } from '../contenders/contender.ts';
import { godwit } from '../contenders/godwit.ts';
import { rivals } from '../contenders/rivals.ts';
import { type Link, links } from '../lab/network.ts';
import { quickest, type Row, type Run, ratioOf, type Verdict, wireOf } from '../result/record.ts';
import { fasterThan, times } from '../result/verdict.ts';
import { usedBytes } from '../setup/used.ts';
import type { Bench, RowMaker } from './bench.ts';
import { race } from './race.ts';

const ours = godwit.name;
const plain = [rivals.nbdcopy, rivals.qemuImg];
const packed = [rivals.rsyncZstd1, rivals.rsyncZstd3, rivals.tarZstdSsh, rivals.zstdLong];
const everybody: readonly Contender[] = [rivals.scp, rivals.rsync, ...packed, ...plain];

/** Contenders that send the same bytes as another one: over a slow link they take the same time. */
const alike: readonly Contender[] = [rivals.rsync, rivals.qemuImg];

function cold(id: string, link: Link, everyone: readonly Contender[], judge: (runs: readonly Run[]) => Verdict[]): RowMaker {
  return {
    id,
    async make(bench: Bench): Promise<Row> {
      const disk = await bench.disks.base();
      const spared = link === links.slow && !bench.all ? alike : [];
      const field = everyone.filter((rival) => !spared.includes(rival));
      const runs = await race(bench, godwit, field, { disk, link });
      return {
        id,
        title: 'one server disk',
        link: link.name,
        usedBytes: await usedBytes(disk),
        runs,
        verdicts: judge(runs),
        notes: spared.map(({ name }) => `${name} sends the same bytes as another; --all runs it too.`),
      };
    },
  };
}

/** One server's disk, to a receiver that has nothing yet. */
export const coldRows: readonly RowMaker[] = [
  cold('cold-100', links.slow, everybody, (runs) => [
    fasterThan(runs, quickest(runs, names(everybody)), ours, 1.1, 'the best rival'),
    fasterThan(runs, rivals.scp.name, ours, 6, 'scp'),
    leanerThan(runs),
  ]),
  cold('cold-1000', links.fast, everybody, (runs) => [
    fasterThan(runs, quickest(runs, names(everybody)), ours, 1.3, 'the best rival'),
  ]),
  cold('cold-free', links.free, [...everybody, rivals.nbdcopyFlush], (runs) => {
    const flushed = ratioOf(runs, rivals.nbdcopyFlush.name, ours);
    const verdict = fasterThan(runs, rivals.nbdcopy.name, ours, 0.8, 'nbdcopy');
    return [{ ...verdict, seen: `${verdict.seen}; against nbdcopy --flush, which ends as we do, ${times(flushed)}` }];
  }),
];

function kind(id: string, title: string, pick: (bench: Bench) => Promise<string>): RowMaker {
  const field = [rivals.rsync, rivals.rsyncZstd1, rivals.zstdLong, rivals.nbdcopy];
  return {
    id,
    async make(bench: Bench): Promise<Row> {
      const disk = await pick(bench);
      const runs = await race(bench, godwit, field, { disk, link: links.fast });
      return { id, title, link: links.fast.name, usedBytes: await usedBytes(disk), runs, verdicts: [], notes: [] };
    },
  };
}

/** Disks where compression or reading is wasted. */
export const oddRows: readonly RowMaker[] = [
  kind('incompressible', 'a disk a quarter full of random bytes', ({ disks }) => disks.incompressible()),
  kind('empty', 'a disk that was never written', ({ disks }) => disks.empty()),
];

function leanerThan(runs: readonly Run[]): Verdict {
  const share = wireOf(runs, ours).median / wireOf(runs, rivals.zstdLong.name).median;
  return {
    target: `bytes on the wire at most those of ${rivals.zstdLong.name} plus 5 %`,
    seen: `${(wireOf(runs, ours).median / 1e6).toFixed(1)} MB, ${Math.abs((share - 1) * 100).toFixed(1)} % ${share > 1 ? 'more' : 'fewer'}`,
    met: share <= 1.05,
  };
}

function names(contenders: readonly Contender[]): string[] {
  return contenders.map(({ name }) => name);
}
