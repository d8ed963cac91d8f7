import { execFile } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const zeros = Buffer.alloc(1024 * 1024);

/**
 * Makes a stretch of a file zeros and gives its space back: fallocate(1) of util-linux, for Node has no call of its own; see fallocate(2), FALLOC_FL_PUNCH_HOLE.
 * Where the file system has no holes, or the tool is missing, zeros are written. `offset` and `length` in bytes. Throws ENOSPC.
 */
export async function punch(file: FileHandle, path: string, offset: number, length: number): Promise<void> {
  try {
    await run('fallocate', ['--punch-hole', '--keep-size', '--offset', `${offset}`, '--length', `${length}`, path]);
  } catch {
    for (let done = 0; done < length; ) {
      const part = zeros.subarray(0, Math.min(zeros.length, length - done));
      done += (await file.write(part, 0, part.length, offset + done)).bytesWritten;
    }
  }
}
