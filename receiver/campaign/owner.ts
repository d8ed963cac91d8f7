import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { claimDurably, syncFolder } from '../../shared/durable.ts';
import { Problem } from '../../shared/problem.ts';

/** Whose campaign it is: a sender's, by the key it was paired with (hex), or the operator's. */
export type Owner = string;

/** The receiver's own operator, whose campaigns come as bundles. No key is written so. */
export const operator: Owner = 'operator';

const OwnerFile = z.object({ format: z.literal('godwit/owner'), version: z.literal(1), owner: z.string().min(1) });

/**
 * Who began the campaign of a folder; null where nobody has, or before receivers noted it. Throws
 * E_STATE_DAMAGED.
 */
export async function ownerOf(folder: string): Promise<Owner | null> {
  const path = pathIn(folder);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return (await cameAsBundle(folder)) ? operator : null;
  try {
    return OwnerFile.parse(JSON.parse(text)).owner;
  } catch (cause) {
    throw new Problem('E_STATE_DAMAGED', `${path} does not say whose campaign this is.`, { about: path, cause });
  }
}

/**
 * Makes a campaign its owner's where it is nobody's yet, durably on return, and says whether it is
 * his. MUST come before the first effect. Throws E_STATE_DAMAGED, E_DISK_FULL.
 */
export async function claim(folder: string, owner: Owner): Promise<boolean> {
  if ((await ownerOf(folder)) === null) {
    await claimDurably(pathIn(folder), `${JSON.stringify({ format: 'godwit/owner', version: 1, owner })}\n`);
    // The folder itself may be new.
    await syncFolder(dirname(folder));
  }
  return (await ownerOf(folder)) === owner;
}

function pathIn(folder: string): string {
  return join(folder, 'owner.json');
}

/** Whether an import's marker stands: bundles had no other note of their owner once. */
async function cameAsBundle(folder: string): Promise<boolean> {
  return (await stat(join(folder, 'markers', 'imported')).catch(() => null)) !== null;
}
