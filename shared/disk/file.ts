import { type FileHandle, open } from 'node:fs/promises';
import { Problem } from '../problem.ts';
import type { BlockSource } from './block-source.ts';

/** Opens a raw disk image as a BlockSource; its size is the file's. */
export async function openFile(path: string): Promise<BlockSource> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  return {
    size,
    origin: { kind: 'file', path },
    async read(offset, length, into = Buffer.allocUnsafe(length)) {
      const buffer = into.subarray(0, length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0)
          throw new Problem('E_ROOT_MISMATCH', `${path} ends at byte ${offset + done}; ${offset + length} were expected.`, {
            about: path,
          });
        done += bytesRead;
      }
      return buffer;
    },
    close: () => file.close(),
  };
}

/** Writes all of `bytes` to a file, from byte `at` of it on. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}
