import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '../../shared/absent.ts';
import { wholeId } from '../../shared/campaign-id.ts';
import { syncFolder } from '../../shared/durable.ts';
import { Problem } from '../../shared/problem.ts';
import { diskUsageOf } from '../disks/store/disk-usage.ts';

/** The kept disks of one committed campaign. */
export interface KeptCampaign {
  readonly campaign: string;
  readonly disks: number;
  /** Bytes that they take on disk, with their digests. */
  readonly bytes: number;
  /** When the latest was kept; ISO 8601, UTC. */
  readonly keptAt: string;
  /** A campaign under way that takes blocks from them; null where none does. */
  readonly usedBy: string | null;
}

/** Which of them to free. */
export type Unwanted =
  | { readonly which: 'campaign'; readonly campaign: string }
  | { readonly which: 'older'; readonly days: number }
  | { readonly which: 'all' };

/** What was freed, and what a campaign under way still takes blocks from. */
export interface Freed {
  readonly freed: readonly KeptCampaign[];
  readonly inUse: readonly KeptCampaign[];
}

/** Knows which campaign uses a folder of kept disks. */
export interface KeptUsers {
  /** A campaign under way that takes blocks from the disks of a folder. */
  userOf(folder: string): Promise<string | null>;
  /** Closes the disks whose path begins so; they are donors no more. */
  letGo(path: string): Promise<void>;
}

/** One campaign's files in one folder. */
interface Group {
  readonly kept: KeptCampaign;
  readonly folder: string;
  readonly files: readonly string[];
}

const dayMs = 86_400_000;

/** A campaign's id, a dot, the disk's id, and the ending. */
const fileOf = /^([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})\..+\.(raw|digests|marks)$/;

/** The kept disks below a folder, by campaign, oldest first. */
export async function listKept(root: string, users: KeptUsers): Promise<KeptCampaign[]> {
  return (await groupsIn(root, users)).map(({ kept }) => kept);
}

/**
 * Deletes kept disks that are not wanted any more. A known campaign may be named by the start of
 * its id. Throws E_NOT_FOUND, and E_CAMPAIGN_STATE for one in use.
 */
export async function freeKept(root: string, unwanted: Unwanted, known: readonly string[], users: KeptUsers): Promise<Freed> {
  const groups = await groupsIn(root, users);
  const chosen = groups.filter(isChosen(unwanted, groups, known));
  const inUse = chosen.flatMap(({ kept }) => (kept.usedBy === null ? [] : [kept]));
  const [used] = inUse;
  if (used !== undefined && unwanted.which === 'campaign')
    throw new Problem('E_CAMPAIGN_STATE', `Campaign ${used.usedBy} takes blocks from the disks of campaign ${used.campaign}.`, {
      about: used.campaign,
      hint: 'Free them when that campaign is committed or rolled back.',
    });
  const free = chosen.filter(({ kept }) => kept.usedBy === null);
  for (const { folder, kept, files } of free) {
    await users.letGo(join(folder, `${kept.campaign}.`));
    // The disk itself goes first: without it the other files count as none, and the next call
    // deletes them.
    for (const name of files.toSorted((a, b) => Number(b.endsWith('.raw')) - Number(a.endsWith('.raw'))))
      await rm(join(folder, name), { force: true });
    await syncFolder(folder);
  }
  return { freed: free.map(({ kept }) => kept), inUse };
}

function isChosen(unwanted: Unwanted, groups: readonly Group[], known: readonly string[]): (group: Group) => boolean {
  if (unwanted.which === 'all') return () => true;
  if (unwanted.which === 'older') return ({ kept }) => Date.parse(kept.keptAt) < Date.now() - unwanted.days * dayMs;
  const ids = [...groups.map(({ kept }) => kept.campaign), ...known];
  const id = wholeId(unwanted.campaign, ids, '`receiver kept` lists those whose disks are kept.');
  return ({ kept }) => kept.campaign === id;
}

async function groupsIn(root: string, users: KeptUsers): Promise<Group[]> {
  const groups: Group[] = [];
  for (const name of await readdir(root).catch(ifAbsent<string[]>([], 'ENOTDIR'))) {
    const folder = join(root, name);
    const files = await readdir(folder).catch(ifAbsent<string[]>([], 'ENOTDIR'));
    const ids = new Set(files.flatMap((file) => fileOf.exec(file)?.[1] ?? []));
    const usedBy = ids.size === 0 ? null : await users.userOf(folder);
    for (const campaign of ids) {
      const own = files.filter((file) => fileOf.exec(file)?.[1] === campaign);
      groups.push({ kept: { campaign, usedBy, ...(await measure(folder, own)) }, folder, files: own });
    }
  }
  return groups.sort((a, b) => a.kept.keptAt.localeCompare(b.kept.keptAt));
}

async function measure(folder: string, files: readonly string[]): Promise<Pick<KeptCampaign, 'disks' | 'bytes' | 'keptAt'>> {
  const { bytes, latestMs } = await diskUsageOf(folder, files);
  return { disks: files.filter((file) => file.endsWith('.raw')).length, bytes, keptAt: new Date(latestMs).toISOString() };
}
