import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder, syncTree } from './durable.ts';
import { Problem } from './problem.ts';

/** How often the lock is asked for, and the pause between: `doctor` holds it for a moment. */
const tries = 5;
const pauseMs = 50;

/** SQLITE_BUSY: another process has the lock. */
const busy = 5;

/**
 * Makes this process the only daemon on a state directory, which it makes (0700), until it releases
 * it or dies. Throws E_STATE_LOCKED with the holder's pid.
 */
export async function holdState(dir: string): Promise<() => Promise<void>> {
  await makeFolder(dir);
  for (let attempt = 1; ; attempt += 1) {
    const lock = lockIn(dir, 'BEGIN EXCLUSIVE');
    if (lock !== null) {
      await writeFile(pidFile(dir), `${process.pid}\n`, { mode: 0o600 });
      await syncTree(dir);
      return async () => {
        await rm(pidFile(dir), { force: true });
        lock.close();
      };
    }
    if (attempt === tries)
      throw new Problem('E_STATE_LOCKED', `The state directory ${dir} is in use by process ${await pidIn(dir)}.`, { about: dir });
    await sleep(pauseMs);
  }
}

/** The pid of the daemon that holds a state directory; undefined when there is none. */
export async function stateHolder(dir: string): Promise<number | undefined> {
  if (!existsSync(lockFile(dir))) return undefined;
  const lock = lockIn(dir, 'SELECT name FROM sqlite_schema', true);
  lock?.close();
  return lock === null ? await pidIn(dir) : undefined;
}

/**
 * Locks a file of the directory by a statement of SQLite, since Node has no lock of its own
 * (fcntl(2), F_SETLK): it holds in every namespace and on every host that shares the directory, no
 * other user can take it, and the kernel frees it when the process dies. Null where another has it.
 */
function lockIn(dir: string, statement: string, readOnly = false): DatabaseSync | null {
  const lock = new DatabaseSync(lockFile(dir), { readOnly, timeout: 0 });
  try {
    lock.exec(statement);
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === busy) return null;
    throw new Problem('E_STATE_DAMAGED', `${lockFile(dir)} cannot be locked: ${(error as Error).message}.`, {
      about: lockFile(dir),
      cause: error,
    });
  }
}

/** The pid that the holder noted, in its own namespace; 0 until it has. */
async function pidIn(dir: string): Promise<number> {
  return Number.parseInt(await readFile(pidFile(dir), 'utf8').catch(() => ''), 10) || 0;
}

function lockFile(dir: string): string {
  return join(dir, 'lock');
}

function pidFile(dir: string): string {
  return join(dir, 'daemon.pid');
}
