import { createCipheriv, createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const blockBytes = 1024 * 1024;
const zeros = Buffer.alloc(blockBytes);

/**
 * A disk image to make: its size, and how much of it is the operating system that all images share.
 */
export interface DiskImage {
  readonly name: string;
  readonly sizeMiB: number;
  readonly sharedMiB: number;
}

/**
 * Writes a raw image of two fifths holes, two fifths text that compresses and one fifth data that
 * does not, the same bytes every time. Returns how many bytes are not holes.
 */
export async function writeDiskImage(file: string, { name, sizeMiB, sharedMiB }: DiskImage): Promise<number> {
  const disk = await open(file, 'w');
  let written = 0;
  try {
    // The last block stays empty: there the guests keep their counters.
    for (let index = 0; index < sizeMiB - 1; index++) {
      const block = blockOf(index < sharedMiB ? 'operating system' : name, index);
      if (block === null) continue;
      await disk.write(block, 0, blockBytes, index * blockBytes);
      written += blockBytes;
    }
    await disk.truncate(sizeMiB * blockBytes);
  } finally {
    await disk.close();
  }
  return written;
}

function blockOf(seed: string, index: number): Buffer | null {
  const key = createHash('sha256').update(`${seed} ${index}`).digest();
  const share = key.readUInt32LE(0) % 100;
  if (share < 40 && index > 0) return null;
  return share < 80 ? textBlock(key) : noiseBlock(key);
}

/** A key stream: as hard to compress as an encrypted file. */
function noiseBlock(key: Buffer): Buffer {
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(zeros);
}

/** Lines of a log, of which no two blocks have the same. */
function textBlock(key: Buffer): Buffer {
  const lines: string[] = [];
  let state = key.readUInt32LE(4);
  for (let length = 0; length < blockBytes; length += lines.at(-1)?.length ?? 0) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    lines.push(`2026-11-21T08:00:00Z shop[${state & 0xfff}]: order ${state} of customer ${state >>> 12} was paid and sent\n`);
  }
  return Buffer.from(lines.join('').slice(0, blockBytes), 'latin1');
}
