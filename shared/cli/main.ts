import type { Command } from 'commander';
import { processOutput } from '../print/output.ts';
import { runProgram, type Stage } from './program.ts';

/** Runs a program as this process: arguments from the command line, exit status from its outcome. */
export async function main(createProgram: (stage: Stage) => Command): Promise<void> {
  const interrupted = new AbortController();
  const output = processOutput();
  const program = createProgram({ output, signal: interrupted.signal });
  // The daemon has its own way to stop; a command lets go at the first Ctrl-C, and the second one ends it.
  if (!process.argv.slice(2).includes('run')) process.once('SIGINT', () => interrupted.abort());
  process.exitCode = await runProgram(program, process.argv.slice(2), output);
}
