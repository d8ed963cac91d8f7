import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ifAbsent } from './absent.ts';
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
 * Makes the names of a folder and of all below it durable as they are: an earlier process may have
 * been killed between a change and its fsync, and what this process reads there it acts upon.
 */
export async function syncTree(folder: string): Promise<void> {
  await syncFolder(dirname(resolve(folder))).catch(unlessForbidden);
  await syncBelow(folder);
}

async function syncBelow(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(unlessForbidden);
  for (const entry of entries) if (entry.isDirectory()) await syncBelow(join(folder, entry.name));
  await syncFolder(folder).catch(unlessForbidden);
}

/** What we may not read, such as `lost+found`, is not ours. */
function unlessForbidden(error: NodeJS.ErrnoException): [] {
  if (error.code !== 'EACCES') throw error;
  return [];
}

/** Deletes a file, or a folder with all that it holds, where it exists; it does not come back. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await syncFolder(dirname(path)).catch(ifAbsent(undefined));
}

/** Makes a folder (0700), and those above it that are missing; a power cut leaves them. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  // The name of a new folder is in the folder above it.
  for (let made = resolve(folder); made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/**
 * Writes a file (0600) and missing folders; a power cut leaves the old file or the new one. A long
 * text may come in pieces. Throws E_DISK_FULL and leaves nothing behind.
 */
export async function writeDurably(path: string, content: FileText): Promise<void> {
  await putInPlace(path, content, 0o600, (temporary) => rename(temporary, path));
}

/**
 * Writes a file that must not exist yet: of several writers at once one wins, the others get false.
 * `mode`: 0600 unless given.
 */
export async function claimDurably(path: string, content: string, mode = 0o600): Promise<boolean> {
  let won = true;
  await putInPlace(path, content, mode, async (temporary) => {
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      won = false;
    });
  });
  return won;
}

/** What a file is to hold. */
type FileText = string | AsyncIterable<string>;

/** Temporary name, fsync, put in place, fsync of the folder: in this order. */
function putInPlace(path: string, content: FileText, mode: number, put: (temporary: string) => Promise<void>): Promise<void> {
  return needingRoom(dirname(path), async () => {
    const folder = dirname(path);
    await makeFolder(folder);
    const temporary = join(folder, `.${basename(path)}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`);
    try {
      await writeSynced(temporary, content, mode);
      await put(temporary);
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(folder);
  });
}

async function writeSynced(path: string, content: FileText, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
