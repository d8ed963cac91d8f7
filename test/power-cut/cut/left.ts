import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../../sender/ordering/math/random.ts';
import type { Change, Inode, Renaming } from '../record/history.ts';
import type { Fates } from './fate.ts';
import type { Cut, Pending } from './pending.ts';

/** What a disk writes as a whole or not at all: bytes. */
const sector = 512;

/** The files and folders that a cut leaves, by their path below the root; a folder is null. */
export type Left = ReadonlyMap<string, Buffer | null>;

/** The files and folders that a cut leaves when every pending change has its fate. */
export function leftBy(cut: Cut, fates: Fates): Left {
  const left = new Map<string, Buffer | null>();
  const names = namesAfter(cut, fates);
  const walk = (folder: Inode, path: string): void => {
    for (const [name, inode] of names.get(folder) ?? []) {
      const below = join(path, name);
      left.set(below, inode.kind === 'folder' ? null : contentOf(inode, cut, fates));
      if (inode.kind === 'folder') walk(inode, below);
    }
  };
  walk(cut.history.root, '');
  return left;
}

/** The names in each folder. A later renaming of the same names has the earlier ones with it. */
function namesAfter(cut: Cut, fates: Fates): Map<Inode, Map<string, Inode>> {
  const here = cut.history.renamings.filter(({ begin }) => begin < cut.at);
  const kept = new Set<Renaming>();
  const settled = new Map<Inode, Set<string>>();
  for (const renaming of here.toReversed()) {
    const done = settled.get(renaming.folder) ?? new Set();
    settled.set(renaming.folder, done);
    const hasLater = [...renaming.names.keys()].some((name) => done.has(name));
    if (cut.isDurable(renaming)) kept.add(renaming);
    else if (hasLater || fates.of.get(renaming) === 'there') keep(renaming, kept);
    if (kept.has(renaming)) for (const name of renaming.names.keys()) done.add(name);
  }
  const names = new Map<Inode, Map<string, Inode>>();
  for (const renaming of here) {
    if (!kept.has(renaming)) continue;
    const now = names.get(renaming.folder) ?? new Map<string, Inode>();
    names.set(renaming.folder, now);
    for (const [name, inode] of renaming.names) {
      if (inode === null) now.delete(name);
      else now.set(name, inode);
    }
  }
  return names;
}

function keep(renaming: Renaming, kept: Set<Renaming>): void {
  kept.add(renaming);
  if (renaming.needs !== null) keep(renaming.needs, kept);
}

/**
 * The bytes of a file. A sector holds what some moment since the last sync left in it, so a later
 * change of a sector has the earlier ones with it; the length is one that the file had since.
 */
function contentOf(inode: Inode, cut: Cut, fates: Fates): Buffer {
  const changes = inode.changes.filter(({ begin }) => begin < cut.at);
  const lastIn = new Map<number, number>();
  let size = inode.initial.length;
  const most = Math.max(size, ...changes.map(({ offset, length, sizes }) => Math.max(offset + length, sizes[1])), 0);
  for (const [index, change] of changes.entries()) {
    const { bytes, length } = partsThere(change, cut, fates);
    if (length && change.sizes[0] !== change.sizes[1]) [, size] = change.sizes;
    for (const one of bytes) lastIn.set(one, index);
  }
  const content = Buffer.alloc(most);
  inode.initial.copy(content);
  for (const [index, { offset, length, bytes }] of changes.entries()) {
    for (let at = offset; at < offset + length; ) {
      const end = Math.min(offset + length, (Math.floor(at / sector) + 1) * sector);
      if ((lastIn.get(Math.floor(at / sector)) ?? -1) >= index) {
        if (bytes === null) content.fill(0, at, end);
        else bytes.copy(content, at, at - offset, end - offset);
      }
      at = end;
    }
  }
  return content.subarray(0, size);
}

/** The sectors of a change that are there, and whether the length is. */
function partsThere(change: Change, cut: Cut, fates: Fates): { bytes: number[]; length: boolean } {
  const fate = cut.isDurable(change) ? 'there' : (fates.of.get(change as Pending) ?? 'lost');
  const sectors: number[] = [];
  const tears = seededRandom(fates.seed + change.end).next;
  if (change.length > 0 && fate !== 'lost' && fate !== 'length only')
    for (let at = Math.floor(change.offset / sector); at * sector < change.offset + change.length; at += 1)
      if (fate !== 'torn' || tears() < 0.5) sectors.push(at);
  return { bytes: sectors, length: fate === 'there' || fate === 'length only' || fate === 'torn' };
}

/** Tells two states apart. */
export function keyOf(left: Left): string {
  const hash = createHash('sha1');
  for (const [path, content] of left)
    hash.update(`${path}\0${content === null ? 'folder' : content.length}\0`).update(content ?? '');
  return hash.digest('hex');
}

/** Makes the files and folders below an empty folder. */
export function putDown(left: Left, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [path, content] of left) {
    if (content === null) mkdirSync(join(folder, path), { mode: 0o700 });
    else writeFileSync(join(folder, path), content, { mode: 0o600 });
  }
}
