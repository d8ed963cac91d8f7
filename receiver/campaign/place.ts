import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifAbsent } from '../../shared/absent.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { claimDurably } from '../../shared/durable.ts';
import { type Kind, kindOf, type Ref } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { LedgerEntry } from './ledger.ts';

const PlaceFile = z.object({ format: z.literal('godwit/place'), version: z.literal(1), place: z.string().min(1) });

/** What is looked at of a campaign that has built before its place was noted. */
const looksAtMost = 16;

/**
 * Notes where the campaign in a folder builds, durably on return, or compares it with what was
 * noted: elsewhere all that it built would seem to be gone, and its rollback would start the
 * source beside it. A campaign of an earlier release may have built before anything was noted:
 * where none of several things that it `made` is seen, the place is not noted. MUST come before the
 * first effect. Throws E_AUTH, E_STATE_DAMAGED, E_DISK_FULL.
 */
export async function mustBuildHere(folder: string, place: string, made: () => readonly IsThere[]): Promise<void> {
  if ((await noted(folder)) === null) {
    if (await areAllGone(made().slice(0, looksAtMost)))
      throw elsewhere(place, 'nothing that this campaign built is there', allGone);
    await claimDurably(pathIn(folder), textOf(place));
  }
  const before = await noted(folder);
  if (before !== place) throw elsewhere(place, `this campaign builds in ${before}`, notMoved);
}

/** Looks whether one thing that was built is there. */
export type IsThere = () => Promise<boolean>;

/** Kinds of which a cloud tells whether one is still there, and only to those whose it is. */
const ownKinds: ReadonlySet<Kind> = new Set(['network', 'subnet', 'router', 'security_group', 'port', 'floating_ip']);

/** Looks for what a ledger says was created. What was adopted may be seen from everywhere. */
export function looksFor(
  entries: readonly LedgerEntry[],
  cloud: Pick<DestinationCloud, 'isThere'>,
  signal: AbortSignal,
): IsThere[] {
  return entries.flatMap((entry): IsThere[] => {
    const isOwn = entry.state === 'built' && entry.how !== 'adopted' && ownKinds.has(kindOf(entry.ref));
    return isOwn ? [() => cloud.isThere(entry.ref, entry.id, signal)] : [];
  });
}

/** What a ledger says was created and is gone, of the kinds of which a cloud tells that. */
export async function goneOf(
  entries: readonly LedgerEntry[],
  cloud: Pick<DestinationCloud, 'isThere'>,
  signal: AbortSignal,
): Promise<Ref[]> {
  const gone: Ref[] = [];
  for (const entry of entries)
    for (const isThere of looksFor([entry], cloud, signal)) if (!(await isThere())) gone.push(entry.ref);
  return gone.sort();
}

/**
 * Notes where the campaign in a folder builds, by the word of an operator, durably on return.
 * Throws E_AUTH where another place is noted, E_STATE_DAMAGED, E_DISK_FULL.
 */
export async function notePlace(folder: string, place: string): Promise<void> {
  await claimDurably(pathIn(folder), textOf(place));
  await mustBuildHere(folder, place, () => []);
}

/** One alone may have been removed by its owner. */
async function areAllGone(made: readonly IsThere[]): Promise<boolean> {
  for (const isThere of made) if (await isThere()) return false;
  return made.length > 1;
}

/** What to do where no place is noted, and what the campaign built is not seen. */
const allGone =
  'Give the receiver credentials of the project in which the campaign was begun. Is it this one, and its owner has removed all by hand, then `receiver place CAMPAIGN` says so.';

/** What to do where another place is noted, which `receiver place` does not change. */
const notMoved =
  'Give the receiver credentials of the project in which the campaign builds; no command lets it go on or end in another one.';

function elsewhere(place: string, but: string, remedy: string): Problem {
  return new Problem('E_AUTH', `The credentials lead to ${place}, and ${but}.`, {
    hint: `Nothing is built or removed. ${remedy}`,
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
