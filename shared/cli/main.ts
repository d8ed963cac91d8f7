import type { Command } from 'commander';
import { processOutput } from '../print/output.ts';
import { runProgram, type Terminal } from './program.ts';
import { prompt } from './prompt.ts';

/** Runs a program as this process: it takes the arguments and sets the exit status. */
export async function main(createProgram: (terminal: Terminal) => Command): Promise<void> {
  const interrupted = new AbortController();
  const output = processOutput();
  const stage = { output, signal: interrupted.signal };
  const isAttended = process.stdin.isTTY && process.stderr.isTTY;
  const program = createProgram(isAttended ? Object.assign(stage, { answer: prompt }) : stage);
  const isDaemon = process.argv.slice(2).includes('run');
  // `run` handles SIGINT itself. Any other command stops at the first Ctrl-C; the second one kills
  // it.
  if (!isDaemon) process.once('SIGINT', () => interrupted.abort());
  process.exitCode = await runProgram(program, process.argv.slice(2), output);
  // A daemon that cannot start may have begun to work, and would go on with nobody to command it.
  if (isDaemon && process.exitCode !== 0) process.exit();
}
