import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Endings } from './endings.ts';

const run = promisify(execFile);

/**
 * Whether this process may mount a file system; it takes root, and not every container lets root.
 */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** Makes a folder that is a small disk of its own. */
export async function mountTmpfs(folder: string, sizeMiB: number, endings: Endings): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0700`, 'tmpfs', folder]);
  endings.add(`the mount ${folder}`, () => run('umount', ['--lazy', folder]));
}

/** Fills a folder's disk to the last byte; returns how it is freed again. */
export async function fillDisk(folder: string): Promise<() => Promise<void>> {
  const ballast = join(folder, 'ballast');
  const file = await open(ballast, 'w');
  try {
    for (let bytes = 1024 * 1024; bytes >= 1; ) {
      await file.appendFile(Buffer.alloc(bytes, 1)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error;
        bytes = Math.floor(bytes / 16);
      });
    }
  } finally {
    await file.close();
  }
  return () => rm(ballast);
}
