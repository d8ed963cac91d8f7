import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '../absent.ts';
import { removeDurably, writeDurably } from '../durable.ts';
import type { Totals } from './totals.ts';

/** What a marker says of the part that is complete. */
export interface MarkerSummary {
  /** SHA-256, hex. */
  readonly digest: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** A disk of a server that has moved. */
interface MovedDisk {
  readonly disk: string;
  readonly root: string;
  readonly size: number;
}

/** One row of the table. */
interface MarkerKind {
  /** Its file below `markers/`; what stands in `<>` is named by who writes it. */
  readonly name: string;
  readonly writer: 'both' | 'receiver';
  /** For people: what is complete once the file is there. */
  readonly says: string;
  /** For people: what its digest and its counts are of. */
  readonly digest: string;
  readonly counts: string;
}

/** Every kind of marker. The README's table has the same rows. */
// biome-ignore format: a table is read by row
export const markers = {
  imported: { name: 'imported', writer: 'receiver', says: 'the campaign came as a bundle',
    digest: 'the document', counts: 'nothing' },
  configuration: { name: 'configurationCompleted', writer: 'both', says: 'the network side stands and was compared',
    digest: 'the document', counts: 'resources by kind' },
  disk: { name: '<server>/<disk>.completed', writer: 'both', says: 'the copy of a disk is sealed',
    digest: "the disk's root", counts: 'blocks and bytes of the copy' },
  server: { name: '<server>.completed', writer: 'both', says: 'a server has moved',
    digest: 'the roots of its disks', counts: 'disks and their bytes' },
  campaign: { name: 'completed', writer: 'both', says: 'every server has moved, and the totals agree',
    digest: 'the roots of all disks', counts: 'servers, disks and their bytes' },
} as const satisfies Readonly<Record<string, MarkerKind>>;

type Markers = typeof markers;

/** The words in `<>` of a name. */
type WordsOf<Name extends string> = Name extends `${string}<${infer Word}>${infer Rest}` ? Word | WordsOf<Rest> : never;

/** Which marker of a kind: the server and the disk, where its name has them. */
export type MarkerOf<Kind extends keyof Markers> = { readonly kind: Kind } & Readonly<
  Record<WordsOf<Markers[Kind]['name']>, string>
>;

/** The campaign that a marker belongs to, with its folder. */
interface MarkedCampaign {
  readonly id: string;
  readonly folder: string;
}

/** SHA-256 of a value's JSON, hex. Keys count in the order they stand. */
export function digestOfJson(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** What the marker of a moved server says. */
export function summaryOfServer(disks: readonly MovedDisk[]): MarkerSummary {
  return {
    digest: digestOfJson(disks.map(({ disk, root }) => [disk, root])),
    counts: { disks: disks.length, bytes: disks.reduce((sum, { size }) => sum + size, 0) },
  };
}

/** What the marker of a moved campaign says. */
export function summaryOfCampaign({ servers, disks, disk_bytes, roots }: Omit<Totals, 'resources'>): MarkerSummary {
  return { digest: roots, counts: { servers, disks, disk_bytes } };
}

/** Writes a marker durably; one that exists is replaced. */
export async function writeMarker<Kind extends keyof Markers>(
  { id, folder }: MarkedCampaign,
  marker: MarkerOf<Kind>,
  { digest, counts }: MarkerSummary,
): Promise<void> {
  const content = { campaign: id, at: new Date().toISOString(), digest, counts };
  await writeDurably(pathOf(folder, marker), `${JSON.stringify(content, null, 2)}\n`);
}

/** What a marker in a campaign's folder says; null where it is not there. */
export async function readMarker<Kind extends keyof Markers>(
  folder: string,
  marker: MarkerOf<Kind>,
): Promise<MarkerSummary | null> {
  const text = await readFile(pathOf(folder, marker), 'utf8').catch(ifAbsent(null));
  return text === null ? null : (JSON.parse(text) as MarkerSummary);
}

/** Whether a marker is in a campaign's folder. */
export async function hasMarker<Kind extends keyof Markers>(folder: string, marker: MarkerOf<Kind>): Promise<boolean> {
  return (await stat(pathOf(folder, marker)).catch(() => null)) !== null;
}

/** Removes a marker, durably. */
export async function removeMarker<Kind extends keyof Markers>(folder: string, marker: MarkerOf<Kind>): Promise<void> {
  await removeDurably(pathOf(folder, marker));
}

/** Removes every marker of a campaign, durably. */
export async function removeMarkers(folder: string): Promise<void> {
  await removeDurably(join(folder, 'markers'));
}

function pathOf<Kind extends keyof Markers>(folder: string, { kind, ...words }: MarkerOf<Kind>): string {
  const named = words as Readonly<Record<string, string>>;
  const parts = markers[kind].name.split('/').map((part) => part.replace(/<(\w+)>/, (_, word: string) => named[word] ?? ''));
  return join(folder, 'markers', ...parts);
}
