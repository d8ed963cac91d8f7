import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskUsageOf } from '../../receiver/disks/store/disk-usage.ts';
import { showBytes } from '../../shared/print/units.ts';
import { Endings } from '../support/endings.ts';

/** A fresh folder, what was started in it, and the signal to stop. */
export interface Stage {
  readonly dir: string;
  readonly endings: Endings;
  /** Resolves at the first SIGINT, SIGTERM or SIGHUP; later ones are ignored. */
  readonly interrupted: Promise<NodeJS.Signals>;
}

/** Makes a folder whose name begins with `godwit-` and the given name. */
export async function openStage(name: string): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), `godwit-${name}-`));
  // Commands start twice as fast when Node keeps what it compiled.
  process.env['NODE_COMPILE_CACHE'] = join(dir, 'cache');
  const interrupted = Promise.withResolvers<NodeJS.Signals>();
  // npm passes on the signal that the terminal has already sent; the second must not cut the
  // cleanup short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.resolve(signal));
  return { dir, endings: new Endings(), interrupted: interrupted.promise };
}

/** Stops everything that was started, and removes the folder except for the files to keep. */
export async function closeStage({ dir, endings }: Stage, keep: readonly string[] | 'all' = []): Promise<void> {
  await endings.run();
  if (keep === 'all') return;
  for (const name of await readdir(dir)) {
    if (!keep.includes(name)) await rm(join(dir, name), { recursive: true, force: true });
  }
  if (keep.length === 0) await rm(dir, { recursive: true, force: true });
}

/** What stays when a folder is kept, and how to be rid of it. */
export async function keptLine(dir: string): Promise<string> {
  const { bytes } = await diskUsageOf(dir, await readdir(dir, { recursive: true }));
  return `Everything is kept in ${dir}: ${showBytes(bytes)}. When you have looked: rm -rf ${dir}`;
}
