import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { confined } from '../confined.ts';
import { Problem } from '../problem.ts';
import type { Extent } from './block-source.ts';
import { merged } from './extents.ts';

/** Address space that the map of a file may take. */
const memoryBytes = 1024 ** 3;

/** One line of `qemu-img map --output=json`, between the brackets and commas of the array. */
interface Mapped {
  readonly start: number;
  readonly length: number;
  readonly zero: boolean;
}

/**
 * Tells the holes of a raw file of so many bytes by qemu-img(1), which asks the file system;
 * nothing is read. Throws E_UNSUPPORTED.
 */
export function holesOf(path: string, size: number, signal: AbortSignal): AsyncIterable<Extent> {
  return merged(mapped(path, size, signal));
}

/**
 * The map comes as a stream, one line for each run, so that a large and ragged file takes no
 * memory.
 */
async function* mapped(path: string, size: number, signal: AbortSignal): AsyncGenerator<Extent> {
  const [command, ...args] = await confined(['qemu-img', 'map', '--output=json', '-f', 'raw', path], { memoryBytes });
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  const ended = once(child, 'close');
  // An end that nobody waits for yet is no unhandled failure.
  ended.catch(() => undefined);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = /\{.*\}/.exec(line);
      if (found === null) continue;
      const { start, length, zero } = JSON.parse(found[0]) as Mapped;
      // QEMU counts in sectors of 512 bytes, and its last may reach, or lie, beyond the end of the
      // file.
      if (start < size) yield { offset: start, length: Math.min(length, size - start), zero };
    }
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Problem('E_UNSUPPORTED', `qemu-img cannot map ${path}: ${said.trim()}.`, { about: path });
  } finally {
    child.kill();
  }
}
