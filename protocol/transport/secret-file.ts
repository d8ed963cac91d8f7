import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../shared/durable.ts';

/**
 * Puts a file for our eyes alone (0600) in place whole or not at all, and durably: written beside, synced, renamed, folder synced.
 *
 * With `ifAbsent` an existing file wins and false is returned, so that two processes that start at once agree on one content.
 */
export async function writeSecretFile(path: string, content: string, ifAbsent = false): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeSynced(beside, content);
    if (!ifAbsent) await rename(beside, path);
    else if (!(await linked(beside, path))) return false;
    await syncFolder(dirname(path));
    return true;
  } finally {
    await rm(beside, { force: true });
  }
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
