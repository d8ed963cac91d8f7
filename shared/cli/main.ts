import type { Command } from 'commander';
import { processOutput } from '../print/output.ts';
import { runProgram, type Terminal } from './program.ts';

/** Runs a program as this process: it takes the arguments and sets the exit status. */
export async function main(createProgram: (terminal: Terminal) => Command): Promise<void> {
  const interrupted = new AbortController();
  const output = processOutput();
  const program = createProgram({ output, signal: interrupted.signal });
  // `run` handles SIGINT itself. Any other command stops at the first Ctrl-C; the second one kills
  // it.
  if (!process.argv.slice(2).includes('run')) process.once('SIGINT', () => interrupted.abort());
  process.exitCode = await runProgram(program, process.argv.slice(2), output);
}
