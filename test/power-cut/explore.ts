import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fatesOf } from './cut/fate.ts';
import { keyOf, type Left, leftBy, putDown } from './cut/left.ts';
import { cutAt, momentsOf } from './cut/pending.ts';
import { callsOf } from './record/calls.ts';
import type { History } from './record/history.ts';
import { Recorder } from './record/recorder.ts';
import { trace } from './record/strace.ts';
import type { Scenario } from './scenario.ts';

/** What the exploration of a scenario found. */
export interface Found {
  readonly cuts: number;
  readonly states: number;
  readonly syncs: number;
  /** Broken promises, with the cut and what was lost. */
  readonly broken: readonly string[];
}

/** Fates tried at each cut. */
const usualFates = 64;

/** How a scenario is explored. */
export interface Exploring {
  readonly seed: number;
  /** Stops after so many broken promises. */
  readonly mostBroken?: number;
}

/** Records a scenario, cuts the power everywhere, and checks each state that a cut may leave. */
export async function explore(scenario: Scenario, { seed, mostBroken = 10 }: Exploring): Promise<Found> {
  const history = await record(scenario);
  // In memory, where there is such a place: what is checked is not cut again.
  const place = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'power-cut-'));
  const moments = momentsOf(history);
  const seen = new Set<string>();
  const broken: string[] = [];
  try {
    for (const at of moments) {
      const cut = cutAt(history, at);
      const said = history.said.filter((one) => one.at < at).map(({ text }) => text);
      for (const fates of fatesOf(cut, seed, scenario.mostFates ?? usualFates)) {
        const left = leftBy(cut, fates);
        const key = `${said.length} ${keyOf(left)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const folder = join(place, `${seen.size}`);
        putDown(left, folder);
        const flaws = await scenario.check(folder, said).catch((error: Error) => [`the restart throws ${error.message}`]);
        await rm(folder, { recursive: true, force: true });
        const lost = [...fates.of].filter(([, fate]) => fate !== 'there').length;
        for (const flaw of flaws)
          broken.push(
            `${scenario.name}: ${flaw} (cut at ${at}, after "${said.at(-1)?.slice(0, 60) ?? 'nothing'}", ${lost} of ${fates.of.size} pending changes not there)`,
          );
        if (broken.length >= mostBroken) return found(history, moments, seen, broken);
      }
    }
  } finally {
    await rm(place, { recursive: true, force: true });
    await scenario.close?.();
  }
  return found(history, moments, seen, broken);
}

function found(history: History, moments: readonly number[], seen: ReadonlySet<string>, broken: readonly string[]): Found {
  const syncs = history.inodes.reduce((sum, inode) => sum + inode.syncs.length, 0);
  return { cuts: moments.length, states: seen.size, syncs, broken };
}

/** Runs the lives of a scenario under the recorder, and proves that it saw every change. */
export async function record(scenario: Scenario): Promise<History> {
  const place = await mkdtemp(join(tmpdir(), 'power-cut-record-'));
  try {
    const state = join(place, 'state');
    const said = join(place, 'said');
    await mkdir(state, { mode: 0o700 });
    const recorder = new Recorder(state, said);
    for (const number of scenario.lives.keys()) {
      const program = fileURLToPath(new URL('./life.ts', import.meta.url));
      const args = ['--disable-warning=ExperimentalWarning', program, scenario.name, `${number}`, state, said];
      const log = await trace(args, { log: join(place, 'log'), inject: scenario.inject?.[number] });
      recorder.take(callsOf(log));
    }
    await mustBeWhole(recorder.history, state);
    return recorder.history;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Throws where the recorded changes, all of them, do not give the files that are there. */
async function mustBeWhole(history: History, state: string): Promise<void> {
  const cut = cutAt(history, Number.POSITIVE_INFINITY);
  const all = leftBy(cut, { of: new Map(cut.pending.map((one) => [one, 'there'])), seed: 0 });
  const there = await readTree(state);
  for (const path of new Set([...all.keys(), ...there.keys()])) {
    const recorded = all.get(path);
    const real = there.get(path);
    const isSame = recorded === real || (recorded instanceof Buffer && real instanceof Buffer && recorded.equals(real));
    if (!isSame) throw new Error(`The recorder missed a change of ${path}.`);
  }
}

async function readTree(folder: string): Promise<Left> {
  const left = new Map<string, Buffer | null>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) left.set(path.slice(folder.length + 1), null);
    else if (entry.isFile()) left.set(path.slice(folder.length + 1), await readFile(path));
  }
  return left;
}
