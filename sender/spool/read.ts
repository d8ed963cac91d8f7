import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { Problem } from '../../shared/problem.ts';
import { digestOf, type SpoolKind } from './name.ts';

/** What identifies one state of one file; when any of it changes, the file is another. */
export interface Look {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** The owner, and who may do what. */
  readonly uid: bigint;
  readonly mode: bigint;
}

/** A file's text, as it was at one look. */
export interface SpoolText {
  readonly text: string;
  readonly digest: string;
}

/** Longest file that is read: the document of a tenant of some ten thousand resources. */
const longestBytes = 64 * 1024 * 1024;

/**
 * Stats a name without following links; undefined when nothing is there. Refuses everything but
 * plain files.
 */
export async function lookAt(folder: string, name: string): Promise<Look | undefined> {
  const found = await absent(lstat(join(folder, name), { bigint: true }));
  if (found === undefined || found.isDirectory()) return undefined;
  if (!found.isFile()) {
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'no plain file';
    throw new Problem('E_USAGE', `${name} is ${what}; the spool takes plain files alone.`, {
      about: name,
      hint: 'Copy the file itself into the spool.',
    });
  }
  if (found.size > longestBytes)
    throw new Problem('E_TOO_LARGE', `${name} is longer than ${longestBytes} bytes.`, { about: name });
  return found;
}

/** Reads the file that was looked at; undefined when it has changed since, or changes meanwhile. */
export async function readAt(folder: string, name: string, look: Look): Promise<SpoolText | undefined> {
  // O_NOFOLLOW: the name may be a link by now. O_NONBLOCK: or a pipe, whose writer we would wait
  // for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await absent(
    open(join(folder, name), flags).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EACCES' ? unreadable(name) : error;
    }),
  );
  if (file === undefined) return undefined;
  try {
    if (!isSame(await file.stat({ bigint: true }), look)) return undefined;
    const content = await file.readFile();
    if (!isSame(await file.stat({ bigint: true }), look)) return undefined;
    return { text: content.toString('utf8'), digest: digestOf(content) };
  } finally {
    await file.close();
  }
}

/** A permission that is given later changes ctime, so that the file is read again. */
function unreadable(name: string): Problem {
  return new Problem('E_USAGE', `${name} cannot be read by the user this daemon runs as.`, {
    about: name,
    hint: 'Give it the file: `chown godwit FILE`, or `chmod a+r FILE`.',
  });
}

/** Whether two looks saw the same file in the same state. */
export function isSame(one: Look, other: Look): boolean {
  return one.ino === other.ino && one.size === other.size && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs;
}

/** Whether a text may be complete: it parses, and a plan ends with a line break. */
export function seemsWhole(text: string, kind: SpoolKind): boolean {
  if (kind === 'plan') return text.endsWith('\n') && parseDocument(text).errors.length === 0;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Waits for a file operation; undefined when the file is gone, or is a link (ELOOP, by O_NOFOLLOW).
 */
async function absent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
}
