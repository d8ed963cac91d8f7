import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Lab } from './lab/lab.ts';
import { type Options, readOptions } from './options.ts';
import { chartOf } from './result/chart.ts';
import { describeMachine } from './result/machine.ts';
import type { Row } from './result/record.ts';
import type { Results } from './result/results.ts';
import { textOf } from './result/text.ts';
import type { Bench, RowMaker } from './rows/bench.ts';
import { coldRows, oddRows } from './rows/cold.ts';
import { controlRow } from './rows/control.ts';
import { cutRow } from './rows/cut.ts';
import { deltaRows } from './rows/delta.ts';
import { lineRows } from './rows/line.ts';
import { memoryRow } from './rows/memory.ts';
import { secondRow } from './rows/second.ts';
import { siblingsRow } from './rows/siblings.ts';
import { DiskShelf, quick, whole } from './setup/disks.ts';
import { installMissing, mustHaveRoom } from './setup/need.ts';

/**
 * Every row, in the order in which they are run: the last one sums up what memory the others took.
 */
const makers: readonly RowMaker[] = [
  ...coldRows,
  ...deltaRows,
  ...oddRows,
  secondRow,
  controlRow,
  cutRow,
  siblingsRow,
  ...lineRows,
  memoryRow,
];

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function run(options: Options): Promise<Results> {
  const began = performance.now();
  const scale = options.quick ? quick : whole;
  const wanted = makers.filter(({ id }) => options.only.length === 0 || options.only.includes(id));
  await installMissing(say);
  await mkdir(options.work, { recursive: true });
  await mustHaveRoom(options.work, scale, wanted.includes(siblingsRow));
  say(`seed ${options.seed}, ${options.rounds} rounds, in ${options.work}`);
  const lab = await Lab.open(options.work);
  // Ctrl-C must not leave namespaces behind.
  for (const end of ['SIGINT', 'SIGTERM'] as const) process.once(end, () => void lab.close().finally(() => process.exit(130)));
  const { quick: isQuick, seed, rounds, parallel } = options;
  const about = { at: new Date().toISOString(), quick: isQuick, seed, rounds, parallel, machine: await describeMachine() };
  const disks = new DiskShelf(options.work, seed, scale, say);
  try {
    return await runRows(wanted, { ...options, lab, disks }, (rows, failed) =>
      write(options.out, { ...about, rows, failed, seconds: (performance.now() - began) / 1000 }),
    );
  } finally {
    await lab.close();
    if (!options.keep) await rm(join(options.work, 'disks'), { recursive: true, force: true });
  }
}

type Failed = Results['failed'];

/**
 * Runs one row after the other and reports the results after each. A row that fails does not end
 * the others.
 */
async function runRows(
  wanted: readonly RowMaker[],
  means: Pick<Bench, 'lab' | 'disks' | 'rounds' | 'seed' | 'parallel' | 'all'>,
  tell: (rows: readonly Row[], failed: Failed) => Promise<Results>,
): Promise<Results> {
  const done: Row[] = [];
  const failed: { id: string; why: string }[] = [];
  const peaks = new Map<string, number>();
  const bench: Bench = {
    ...means,
    say,
    done,
    peaks,
    notePeak: (work, { near, far }) => void peaks.set(work, Math.max(peaks.get(work) ?? 0, near, far)),
  };
  for (const maker of wanted) {
    say(maker.id);
    try {
      done.push(await maker.make(bench));
    } catch (error) {
      failed.push({ id: maker.id, why: (error as Error).message });
      say(`  FAILED: ${(error as Error).stack}`);
    }
    await tell(done, failed);
  }
  return tell(done, failed);
}

/** Writes what is known so far: a run of half an hour must not be lost by its last row. */
async function write(folder: string, results: Results): Promise<Results> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(folder, 'results.txt'), textOf(results));
  await writeFile(join(folder, 'results.svg'), chartOf(results));
  return results;
}

const rows = makers.map(({ id }) => id);
const options = readOptions(process.argv.slice(2), import.meta.dirname, rows);
if (process.getuid?.() !== 0) {
  say('Namespaces, shaping and control groups need root: sudo npm run bench.');
  process.exit(1);
}
const results = await run(options);
process.stdout.write(textOf(results));
process.exit(results.failed.length === 0 ? 0 : 1);
