import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDurably } from '../../../shared/durable.ts';

/** Bytes in one of a file's `blocks`, whatever the file system's own are (stat(2), st_blocks). */
const bytesPerBlock = 512;

/**
 * The bytes that files of a folder use on disk, without holes, and the latest modification time:
 * milliseconds since 1970. A missing file uses none.
 */
export async function diskUsageOf(folder: string, names: readonly string[]): Promise<{ bytes: number; latestMs: number }> {
  let bytes = 0;
  let latestMs = 0;
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => null);
    bytes += (found?.blocks ?? 0) * bytesPerBlock;
    latestMs = Math.max(latestMs, found?.mtimeMs ?? 0);
  }
  return { bytes, latestMs };
}

/** Deletes a folder and its content, if it exists, durably; returns the bytes it used on disk. */
export async function discardFolder(folder: string): Promise<number> {
  const { bytes } = await diskUsageOf(folder, await readdir(folder, { recursive: true }).catch(() => []));
  await removeDurably(folder);
  return bytes;
}
