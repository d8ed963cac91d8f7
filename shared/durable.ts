import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { needingRoom } from './disk-full.ts';

/** Makes a folder's entries survive a power cut; fsync(2) of a file alone does not. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file (0600) and missing folders; a power cut leaves the old file or the new one. Throws
 * E_DISK_FULL and leaves nothing behind.
 */
export async function writeDurably(path: string, content: string): Promise<void> {
  await putInPlace(path, content, (temporary) => rename(temporary, path));
}

/**
 * Writes a file that must not exist yet: of several writers at once one wins, the others get false.
 */
export async function claimDurably(path: string, content: string): Promise<boolean> {
  let won = true;
  await putInPlace(path, content, async (temporary) => {
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      won = false;
    });
  });
  return won;
}

/** Temporary name, fsync, put in place, fsync of the folder: in this order. */
function putInPlace(path: string, content: string, put: (temporary: string) => Promise<void>): Promise<void> {
  return needingRoom(dirname(path), async () => {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = join(folder, `.${basename(path)}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`);
    try {
      await writeSynced(temporary, content);
      await put(temporary);
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(folder);
  });
}

async function writeSynced(path: string, content: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
