import { open } from 'node:fs/promises';

const MiB = 1024 * 1024;

/** Bytes of a disk that are not zeros, by blocks of 4 KiB. */
export async function usedBytes(disk: string): Promise<number> {
  const file = await open(disk, 'r');
  const buffer = Buffer.alloc(MiB);
  const zeros = Buffer.alloc(4096);
  let used = 0;
  try {
    for (let offset = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, MiB, offset);
      if (bytesRead === 0) return used;
      for (let at = 0; at < bytesRead; at += 4096) {
        const page = buffer.subarray(at, Math.min(bytesRead, at + 4096));
        if (!page.equals(zeros.subarray(0, page.length))) used += page.length;
      }
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
}
