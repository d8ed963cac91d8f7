import { readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { Bin, Daemon } from './daemons.ts';

/**
 * The environment of a daemon whose longest turn is noted in a file of a folder. The probe is
 * written there as JavaScript: every thread loads it.
 */
export async function watchingTurns(dir: string, bin: Bin): Promise<Record<string, string>> {
  const probe = join(dir, 'turn-probe.mjs');
  await writeFile(probe, stripTypeScriptTypes(await readFile(new URL('./turn-probe.ts', import.meta.url), 'utf8')));
  return { NODE_OPTIONS: `--import=${probe}`, GODWIT_TURNS: turnsFile(dir, bin) };
}

/** Has the longest turn of a daemon that is watched noted from now on: what came before is over. */
export function watchFromNow(daemon: Daemon): void {
  process.kill(daemon.child().pid, 'SIGUSR2');
}

/** The longest turn of the event loop of a daemon that is watched: ms of processor time. */
export async function longestTurnOf({ config: { bin, state } }: Daemon): Promise<number> {
  return Number(await readFile(turnsFile(join(state, '..'), bin), 'utf8'));
}

/** The most memory a daemon was ever resident in: bytes (proc(5), VmHWM). */
export async function peakOf(daemon: Daemon): Promise<number> {
  const status = await readFile(`/proc/${daemon.child().pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

function turnsFile(dir: string, bin: Bin): string {
  return join(dir, `${bin}.turns`);
}
