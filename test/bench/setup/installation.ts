import { createHash } from 'node:crypto';
import { mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { databasePages, logText } from './content.ts';
import { checkFilesystem, type Entry, makeFilesystem, writeEntries } from './filesystem.ts';
import { Random } from './random.ts';

const MiB = 1024 * 1024;

/**
 * One installed server: which disk, how large, from which unpacked packages. The seed decides the
 * order of the files, the UUID, and what is the host's own.
 */
export interface Installation {
  readonly image: string;
  readonly bytes: number;
  readonly packages: readonly string[];
  readonly seed: string;
  /** A folder for files on their way into the disk. */
  readonly scratch: string;
}

/**
 * Installs a server onto a new disk: an ext4 file system with the packages' files, in an order of
 * its own, and a few things no other host has.
 */
export async function install({ image, bytes, packages, seed, scratch }: Installation): Promise<void> {
  const random = new Random(seed);
  const entries = new Map<string, Entry>();
  for (const folder of random.shuffled(packages)) await collect(folder, '/', entries);
  for (const [path, content] of ownFiles(random)) {
    const from = join(scratch, `${seed}${path.replaceAll('/', '-')}`);
    await mkdir(scratch, { recursive: true });
    await writeFile(from, content);
    addFolders(dirname(path), entries);
    entries.set(path, { is: 'file', path, from });
  }
  await makeFilesystem(image, bytes, uuidOf(seed));
  await writeEntries(image, [...entries.values()]);
  await checkFilesystem(image);
}

/** What only this host has: its name, its keys, some logs and a small database. */
function ownFiles(random: Random): [string, Buffer][] {
  return [
    ['/etc/machine-id', Buffer.from(`${random.bytes(16).toString('hex')}\n`)],
    ['/etc/hostname', Buffer.from(`host-${random.bytes(3).toString('hex')}\n`)],
    ['/etc/ssh/ssh_host_ed25519_key', random.bytes(400)],
    ['/var/log/syslog', logText(random, MiB)],
    ['/var/lib/app/app.db', databasePages(random, MiB / 2)],
  ];
}

async function collect(folder: string, path: string, entries: Map<string, Entry>): Promise<void> {
  const found = await readdir(join(folder, path), { withFileTypes: true });
  for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = join(path, entry.name);
    const first = !entries.has(inside);
    if (entry.isDirectory()) {
      if (first) entries.set(inside, { is: 'folder', path: inside });
      if (entries.get(inside)?.is === 'folder') await collect(folder, inside, entries);
    } else if (first && entry.isSymbolicLink()) {
      entries.set(inside, { is: 'link', path: inside, to: await readlink(join(folder, inside)) });
    } else if (first && entry.isFile()) {
      entries.set(inside, { is: 'file', path: inside, from: join(folder, inside) });
    }
  }
}

function addFolders(path: string, entries: Map<string, Entry>): void {
  if (path === '/' || entries.has(path)) return;
  addFolders(dirname(path), entries);
  entries.set(path, { is: 'folder', path });
}

/** A UUID that follows from a seed. */
function uuidOf(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
