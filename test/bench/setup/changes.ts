import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tool } from '../lab/tool.ts';
import { databasePages, logText } from './content.ts';
import { type Entry, writeEntries } from './filesystem.ts';
import { Random } from './random.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** A copy of a disk on which a server worked for a while. */
export interface Changes {
  readonly from: string;
  readonly image: string;
  /** Bytes that change. */
  readonly bytes: number;
  readonly seed: string;
  readonly scratch: string;
}

/**
 * Copies a disk and changes it: 35 % new files that nothing compresses, 35 % logs, 20 % database,
 * 10 % pages of 4 KiB rewritten all over.
 */
export async function change({ from, image, bytes, seed, scratch }: Changes): Promise<void> {
  await copySparse(from, image);
  const random = new Random(seed);
  const folder = join(scratch, `changes-${seed}`);
  await mkdir(folder, { recursive: true });
  const entries: Entry[] = [{ is: 'folder', path: `/srv-${seed}` }];
  const grow = async (kind: string, share: number, make: (length: number) => Buffer): Promise<void> => {
    for (let left = Math.floor(bytes * share); left > 0; ) {
      const length = Math.min(left, 256 * KiB + random.below(8 * MiB));
      const name = `${kind}-${entries.length}`;
      await writeFile(join(folder, name), make(length));
      entries.push({ is: 'file', path: `/srv-${seed}/${name}`, from: join(folder, name) });
      left -= length;
    }
  };
  await grow('upload', 0.35, (length) => random.bytes(length));
  await grow('log', 0.35, (length) => logText(random, length));
  await grow('table', 0.2, (length) => databasePages(random, length));
  await writeEntries(image, entries);
  await rm(folder, { recursive: true });
  await rewritePages(image, Math.floor((bytes * 0.1) / (4 * KiB)), random);
}

/** Rewrites whole pages of 4 KiB where the disk has data. */
async function rewritePages(image: string, pages: number, random: Random): Promise<void> {
  const file = await open(image, 'r+');
  try {
    const count = Math.floor((await file.stat()).size / (4 * KiB));
    const page = Buffer.alloc(4 * KiB);
    for (let left = pages; left > 0; ) {
      const offset = random.below(count) * 4 * KiB;
      await file.read(page, 0, page.length, offset);
      if (page.every((byte) => byte === 0)) continue;
      await file.write(databasePages(random, page.length), 0, page.length, offset);
      left -= 1;
    }
  } finally {
    await file.close();
  }
}

/** Copies a disk image; what is zeros becomes a hole. */
export async function copySparse(from: string, to: string): Promise<void> {
  await tool('cp', ['--sparse=always', '--reflink=auto', from, to]);
}
