import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifAbsent } from '../../shared/absent.ts';
import { claimDurably, writeDurably } from '../../shared/durable.ts';
import { hasMarker } from '../../shared/model/marker.ts';
import { Problem } from '../../shared/problem.ts';

/** The owner of a campaign: a sender, by its first paired key (hex), or the operator. */
export type Owner = string;

/** The receiver's own operator, whose campaigns come as bundles. It differs from every key. */
export const operator: Owner = 'operator';

const OwnerFile = z.object({ format: z.literal('godwit/owner'), version: z.literal(1), owner: z.string().min(1) });

/**
 * The owner of the campaign in a folder; null for none, or from before receivers noted it. Throws
 * E_STATE_DAMAGED.
 */
export async function ownerOf(folder: string): Promise<Owner | null> {
  const path = pathIn(folder);
  const text = await readFile(path, 'utf8').catch(ifAbsent(null));
  // Bundles once had no other note of their owner than the import's marker.
  if (text === null) return (await hasMarker(folder, { kind: 'imported' })) ? operator : null;
  try {
    return OwnerFile.parse(JSON.parse(text)).owner;
  } catch (cause) {
    throw new Problem('E_STATE_DAMAGED', `${path} does not say whose campaign this is.`, { about: path, cause });
  }
}

/**
 * Notes the owner of a campaign without one, durably on return, and says whether it is his. MUST
 * come before the first effect. Throws E_STATE_DAMAGED, E_DISK_FULL.
 */
export async function claim(folder: string, owner: Owner): Promise<boolean> {
  if ((await ownerOf(folder)) === null) await claimDurably(pathIn(folder), textOf(owner));
  return (await ownerOf(folder)) === owner;
}

/** Replaces the owner of a campaign, durably on return. Throws E_DISK_FULL. */
export function give(folder: string, owner: Owner): Promise<void> {
  return writeDurably(pathIn(folder), textOf(owner));
}

function textOf(owner: Owner): string {
  return `${JSON.stringify({ format: 'godwit/owner', version: 1, owner })}\n`;
}

function pathIn(folder: string): string {
  return join(folder, 'owner.json');
}
