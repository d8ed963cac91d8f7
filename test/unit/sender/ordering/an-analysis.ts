import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { senderProgram } from '../../../../sender/cli/program.ts';
import type { FlowMatrix } from '../../../../sender/ordering/traffic/matrix.ts';
import { runProgram } from '../../../../shared/cli/program.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';

/** The output of a command, and its exit code. */
export interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `sender analyze` with the files of `home`. */
export async function analyzed(home: string, ...args: readonly string[]): Promise<Said> {
  const output = aRecordingOutput();
  process.exitCode = undefined;
  const there = args.map((word) => (/^[\w-]+\.(json|yaml|csv|py|svg|html)$/.test(word) ? join(home, word) : word));
  const typed = ['--config', join(home, 'sender.yaml'), 'analyze', ...there];
  const exit = await runProgram(senderProgram({ output, signal: AbortSignal.timeout(60_000) }), typed, output);
  process.exitCode = undefined;
  return { exit, out: output.text(), err: output.err.join('') };
}

/** Writes a flow matrix into `home`. */
export async function matrixFile(home: string, traffic: FlowMatrix, name = 'traffic.json'): Promise<void> {
  await writeFile(join(home, name), JSON.stringify(traffic));
}

/** Two services of three servers that hardly talk with each other, in one line each. */
export const twoShops = [
  ...[1, 2].flatMap((n) => [`* > web ${n} 443 500000`, `web ${n} > app ${n} 8080 1000000`, `app ${n} > db ${n} 5432 5000000`]),
  'app 1 > app 2 25 9000',
];
