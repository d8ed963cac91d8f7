import { stat } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';

/** Write permission for the group or for everybody (inode(7)). */
const othersWrite = 0o022;

/** Whether what this user owns counts as the operator's: the user of the daemon, and root. */
export function isTrusted(uid: number, own: number): boolean {
  return uid === own || uid === 0;
}

/**
 * Throws E_STATE_DAMAGED for a spool folder in which another user than `own`, the daemon's, could
 * start campaigns.
 */
export async function mustBePrivate(folder: string, own: number): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (!isTrusted(uid, own)) {
    const says = `The spool ${folder} belongs to user ${uid}; nothing is taken from it, because that user could start campaigns.`;
    throw new Problem('E_STATE_DAMAGED', says, {
      about: folder,
      hint: `chown it to user ${own}, the daemon's, and chmod it to 700.`,
    });
  }
  if ((mode & othersWrite) !== 0) {
    const says = `Other users may write to the spool ${folder} (mode ${(mode & 0o7777).toString(8)}); nothing is taken from it, because they could start campaigns.`;
    throw new Problem('E_STATE_DAMAGED', says, { about: folder, hint: `chmod 700 ${folder}` });
  }
}
