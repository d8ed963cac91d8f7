import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes in one of a file's `blocks`, whatever the file system's own are (stat(2), st_blocks). */
const bytesPerBlock = 512;

/**
 * What files of a folder take on disk together, holes not counted, and when the latest was written:
 * bytes, and milliseconds since 1970. One that is gone takes none.
 */
export async function takenBy(folder: string, names: readonly string[]): Promise<{ bytes: number; latestMs: number }> {
  let bytes = 0;
  let latestMs = 0;
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => null);
    bytes += (found?.blocks ?? 0) * bytesPerBlock;
    latestMs = Math.max(latestMs, found?.mtimeMs ?? 0);
  }
  return { bytes, latestMs };
}

/**
 * Deletes a folder with all that is in it; returns the bytes that this took on disk. One that is
 * not there is fine.
 */
export async function discardFolder(folder: string): Promise<number> {
  const { bytes } = await takenBy(folder, await readdir(folder, { recursive: true }).catch(() => []));
  await rm(folder, { recursive: true, force: true });
  return bytes;
}
