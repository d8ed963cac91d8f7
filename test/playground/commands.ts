import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TwinProcess } from '../support/clouds.ts';
import { scriptOf, type WrittenConfig } from '../support/daemons.ts';

const lookScript = fileURLToPath(new URL('look.ts', import.meta.url));

/** The folder of the commands. */
export const commandsIn = (dir: string): string => join(dir, 'bin');

/**
 * Writes executables into `bin`: `sender`, `receiver`, `clouds` (what both hold), `west` and `east`
 * (a cloud's start). They run on this process's Node, whatever `node` the PATH has.
 */
export async function writeCommands(
  dir: string,
  programs: readonly WrittenConfig[],
  twins: readonly TwinProcess[],
): Promise<void> {
  await mkdir(commandsIn(dir), { recursive: true });
  await Promise.all([
    ...programs.map(({ bin, file }) => writeCommand(dir, bin, [scriptOf(bin), '--config', file])),
    ...twins.map(({ name, args }) => writeCommand(dir, name, args)),
    writeCommand(dir, 'clouds', [lookScript, join(dir, 'clouds.yaml')]),
  ]);
}

async function writeCommand(dir: string, name: string, args: readonly string[]): Promise<void> {
  const script = [
    '#!/bin/sh',
    '# Commands start twice as fast when Node keeps what it compiled.',
    `export NODE_COMPILE_CACHE=${quoted(join(dir, 'cache'))}`,
    `exec ${[process.execPath, ...args].map(quoted).join(' ')} "$@"`,
    '',
  ];
  await writeFile(join(commandsIn(dir), name), script.join('\n'), { mode: 0o755 });
}

/** A word that a shell takes as it stands. */
function quoted(word: string): string {
  return /^[\w./:=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
