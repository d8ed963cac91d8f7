import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { syncFolder } from '../../shared/durable.ts';
import { Problem } from '../../shared/problem.ts';

/**
 * Writes a bundle to a new file, durably, or to stdout (`-`), and returns how many bytes it has; a
 * file that they break off in is removed. Throws E_USAGE where the file exists.
 */
export async function writeBundle(bundle: AsyncIterable<Buffer>, to: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of bundle) {
      bytes += piece.length;
      yield piece;
    }
  };
  const end = to === '-' ? stdout() : createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true });
  try {
    await pipeline(counted(), end, { signal });
    if (to !== '-') await syncFolder(dirname(to));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new Problem('E_USAGE', `${to} is there already; it is not overwritten.`, { about: to, cause: error });
    if (to !== '-') await rm(to, { force: true });
    throw error;
  }
  return bytes;
}

/** Stdout, which stays open. */
function stdout(): Writable {
  return new Writable({ write: (piece: Buffer, _, done) => void process.stdout.write(piece, done) });
}
