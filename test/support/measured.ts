import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bin, Daemon } from './daemons.ts';

/** The environment of a daemon whose longest turn is noted in a file of a folder. */
export function watchingTurns(dir: string, bin: Bin): Record<string, string> {
  const probe = new URL('./turn-probe.ts', import.meta.url);
  return { NODE_OPTIONS: `--import=${probe.href}`, GODWIT_TURNS: turnsFile(dir, bin) };
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
