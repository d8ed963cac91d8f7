import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFull } from './disk-full.ts';
import { makeFolder, syncTree } from './durable.ts';
import { Problem } from './problem.ts';

/** How often the lock is asked for, and the pause between: `doctor` holds it for a moment. */
const tries = 5;
const pauseMs = 50;

/** SQLITE_BUSY: another process has the lock. */
const busy = 5;

/** Write permission for the group or for everybody (inode(7)). */
const othersWrite = 0o022;

const asItsUser = 'Run the daemon as the user who owns the state directory, or give that user what is in it.';

/**
 * Makes this process the only daemon on a state directory, which it makes (0700), until it releases
 * it or dies. Throws E_STATE_LOCKED with the holder's pid, and E_STATE_DAMAGED.
 */
export async function holdState(dir: string): Promise<() => Promise<void>> {
  await makeFolder(dir).catch((cause: Error) => {
    if (isFull(cause)) throw cause;
    const says = `The state directory ${dir} cannot be used: ${cause.message}.`;
    throw new Problem('E_STATE_DAMAGED', says, { about: dir, cause, hint: asItsUser });
  });
  await mustBePrivate(dir);
  for (let attempt = 1; ; attempt += 1) {
    // Without a file for its journal SQLite writes nothing, and locks on a full disk as well.
    const lock = lockIn(dir, 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    if (lock !== null) {
      // A daemon starts on a full disk as well: servers may be stopped that it takes back.
      await writeFile(pidFile(dir), `${process.pid}\n`, { mode: 0o600 }).catch((error: unknown) => {
        if (!isFull(error)) throw error;
      });
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
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockFile(dir), { readOnly, timeout: 0 });
    lock.exec(statement);
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode === busy) return null;
    throw new Problem('E_STATE_DAMAGED', `${lockFile(dir)} cannot be locked: ${(error as Error).message}.`, {
      about: lockFile(dir),
      cause: error,
      hint: asItsUser,
    });
  }
}

/**
 * Throws E_STATE_DAMAGED for a state directory to which other users may write: they could put peers
 * and campaigns there.
 */
export async function mustBePrivate(dir: string): Promise<void> {
  const { mode } = await stat(dir);
  if ((mode & othersWrite) === 0) return;
  const says = `Other users may write to the state directory ${dir} (mode ${(mode & 0o7777).toString(8)}); they could put peers and campaigns there.`;
  throw new Problem('E_STATE_DAMAGED', says, {
    about: dir,
    hint: `If nobody did: \`chmod 700 ${dir}\`. Otherwise compare \`peers\` and \`status\` first.`,
  });
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
