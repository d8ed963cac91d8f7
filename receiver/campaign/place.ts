import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifAbsent } from '../../shared/absent.ts';
import { claimDurably } from '../../shared/durable.ts';
import { Problem } from '../../shared/problem.ts';

const PlaceFile = z.object({ format: z.literal('godwit/place'), version: z.literal(1), place: z.string().min(1) });

/**
 * Notes where the campaign in a folder builds, durably on return, or compares it with what was
 * noted: elsewhere all that it built would seem to be gone, and its rollback would start the
 * source beside it. MUST come before the first effect. Throws E_AUTH, E_STATE_DAMAGED, E_DISK_FULL.
 */
export async function mustBuildHere(folder: string, place: string): Promise<void> {
  if ((await noted(folder)) === null) await claimDurably(pathIn(folder), textOf(place));
  const before = await noted(folder);
  if (before === place) return;
  throw new Problem('E_AUTH', `The credentials lead to ${place}, and this campaign builds in ${before}.`, {
    hint: 'Nothing is built or removed. Give the receiver credentials of the project in which the campaign was begun.',
  });
}

async function noted(folder: string): Promise<string | null> {
  const path = pathIn(folder);
  const text = await readFile(path, 'utf8').catch(ifAbsent(null));
  if (text === null) return null;
  try {
    return PlaceFile.parse(JSON.parse(text)).place;
  } catch (cause) {
    throw new Problem('E_STATE_DAMAGED', `${path} does not say where this campaign builds.`, { about: path, cause });
  }
}

function textOf(place: string): string {
  return `${JSON.stringify({ format: 'godwit/place', version: 1, place })}\n`;
}

function pathIn(folder: string): string {
  return join(folder, 'place.json');
}
