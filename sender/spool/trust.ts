import { stat } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';

/** Write permission for the group or for everybody (inode(7)). */
const othersWrite = 0o022;

/** The permission to reach what is in a folder, of the group and of everybody. */
const othersEnter = 0o011;

/** Whether a file of this user counts as the operator's: the user of the daemon, and root. */
export function isTrusted(uid: number, own: number): boolean {
  return uid === own || uid === 0;
}

/**
 * Throws E_STATE_DAMAGED for a spool folder in which another user than `own`, the daemon's, could
 * start campaigns, or from which `own` cannot take files away. Returns the folder's mode.
 */
export async function mustBePrivate(folder: string, own: number): Promise<number> {
  const { uid, mode } = await stat(folder);
  if (uid !== own) {
    const why = uid === 0 ? 'the daemon cannot take files away there' : 'that user could start campaigns';
    throw new Problem(
      'E_STATE_DAMAGED',
      `The spool ${folder} belongs to user ${uid}; nothing is taken from it, because ${why}.`,
      {
        about: folder,
        hint: `chown it to user ${own}, the daemon's, and chmod it to 700.`,
      },
    );
  }
  if ((mode & othersWrite) !== 0) {
    const says = `Other users may write to the spool ${folder} (mode ${(mode & 0o7777).toString(8)}); nothing is taken from it, because they could start campaigns.`;
    throw new Problem('E_STATE_DAMAGED', says, { about: folder, hint: `chmod 700 ${folder}` });
  }
  return mode;
}

/** Whether other users may write a file, by its mode and that of its folder. */
export function isOpenToOthers(mode: number, folderMode: number): boolean {
  // Each bit of writing lies one above that of entering.
  return (mode & ((folderMode & othersEnter) << 1)) !== 0;
}
