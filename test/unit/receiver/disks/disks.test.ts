import { execFile } from 'node:child_process';
import { mkdir, open, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { CopyTools } from '../../../../receiver/disks/copy/copy.ts';
import { Donors } from '../../../../receiver/disks/dedup/donors.ts';
import { Disks } from '../../../../receiver/disks/disks.ts';
import type { Puller } from '../../../../receiver/disks/pull/puller.ts';
import type { Extent } from '../../../../shared/disk/block-source.ts';
import type { Problem } from '../../../../shared/problem.ts';
import { aFolder, problemOf } from '../../../support/folder.ts';
import { aDisk, aNoise, fill as fillCopy, type Offered, offered, pullerOf, someTools } from '../../../support/offered.ts';

const run = promisify(execFile);
const blockSize = 4096;
const disk = aDisk('ab.c', blockSize, 1000);

interface Some {
  readonly disks: Disks;
  readonly folder: string;
  readonly tools: CopyTools;
}

/** Disks of a campaign. */
async function someDisks(): Promise<Some> {
  const folder = await aFolder();
  const tools = someTools();
  return { disks: new Disks('campaign', folder, tools), folder, tools };
}

/** What the daemon finds that is started after this one. */
function restarted({ folder, tools }: Some): Some {
  const anew = { ...tools, donors: new Donors(tools.workers) };
  return { disks: new Disks('campaign', folder, anew), folder, tools: anew };
}

/** Offers a disk and makes the copy equal; returns how it is pulled. */
async function fill(disks: Disks, offer: Offered, name = 's1.root'): Promise<Puller> {
  const copy = await disks.offer('s1', name, offer.shape);
  await fillCopy(copy, offer);
  return pullerOf(copy, offer);
}

async function flip(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.from([byte.readUInt8() ^ 1]), 0, 1, at);
  await file.close();
}

test('only a sealed disk has a file that may become an image', async () => {
  const { disks, folder } = await someDisks();
  const offer = offered(disk);
  expect((await problemOf(disks.open('s1', 's1.root'))).code).toBe('E_ROOT_MISMATCH');
  const puller = await fill(disks, offer);
  expect((await problemOf(disks.open('s1', 's1.root'))).code).toBe('E_ROOT_MISMATCH');
  const size = disk.length;
  expect(await disks.seal('s1', 's1.root', offer.root, puller)).toMatchObject({ root: offer.root, size, pulled: 3 });
  const sealed = await disks.open('s1', 's1.root');
  expect((await sealed.read(0, size)).equals(disk)).toBe(true);
  await sealed.close();
  const marker = JSON.parse(await readFile(join(folder, 'markers', 's1', 's1.root.completed'), 'utf8')) as object;
  expect(marker).toMatchObject({ campaign: 'campaign', digest: offer.root, counts: { size, pulled: 3 } });
  await disks.close();
});

test('a sealed disk is read at any place and length, tells its holes without reading them, and fills the buffer it is given', async () => {
  const some = await someDisks();
  const offer = offered(disk);
  await some.disks.seal('s1', 's1.root', offer.root, await fill(some.disks, offer));
  for (const { disks } of [some, restarted(some)]) {
    const sealed = await disks.open('s1', 's1.root');
    for (const [at, length] of [
      [0, 1],
      [4095, 2],
      [5000, 8000],
      [8192, 4096],
      [disk.length - 1, 1],
    ] as const)
      expect((await sealed.read(at, length)).equals(disk.subarray(at, at + length))).toBe(true);
    const into = Buffer.alloc(5000);
    expect((await sealed.read(0, 4097, into)).buffer).toBe(into.buffer);
    const extents: Extent[] = [];
    for await (const extent of sealed.extents?.(new AbortController().signal) ?? []) extents.push(extent);
    expect(extents).toEqual([
      { offset: 0, length: 8192, zero: false },
      { offset: 8192, length: 4096, zero: true },
      { offset: 12_288, length: 1000, zero: false },
    ]);
    await disks.close();
  }
});

test('a disk that was not offered cannot be sealed; one that is sealed is answered again', async () => {
  const some = await someDisks();
  const offer = offered(disk);
  expect((await problemOf(some.disks.seal('s1', 's1.root', offer.root))).code).toBe('E_NOT_FOUND');
  const puller = await fill(some.disks, offer);
  const first = await some.disks.seal('s1', 's1.root', offer.root, puller);
  expect(await some.disks.seal('s1', 's1.root', offer.root, puller)).toEqual(first);
  expect(await restarted(some).disks.seal('s1', 's1.root', offer.root)).toEqual(first);
  expect((await problemOf(some.disks.seal('s1', 's1.root', '0'.repeat(64), puller))).code).toBe('E_NOT_FOUND');
  await some.disks.close();
});

test('a sealed disk that is offered again is no longer sealed, and nothing of it is pulled or read twice', async () => {
  const some = await someDisks();
  const offer = offered(disk);
  await some.disks.seal('s1', 's1.root', offer.root, await fill(some.disks, offer));
  const changed = offered(aDisk('abxc', blockSize, 1000));
  const again = await some.disks.offer('s1', 's1.root', changed.shape);
  expect(await some.disks.sealed('s1', 's1.root')).toBeNull();
  expect((await problemOf(some.disks.open('s1', 's1.root'))).code).toBe('E_ROOT_MISMATCH');
  expect([0, 1, 2, 3].map((block) => again.file.blocks.isVerified(block))).toEqual([true, true, true, true]);
  await fillCopy(again, changed);
  expect(await some.disks.seal('s1', 's1.root', changed.root, pullerOf(again, changed))).toMatchObject({ reused: 3, pulled: 1 });
  expect(changed.pulled).toEqual([2]);
  await some.disks.close();
});

test('an offer that comes while the disk is being sealed waits, so that neither loses its file', async () => {
  const { disks } = await someDisks();
  const offer = offered(disk);
  const puller = await fill(disks, offer);
  const [sealed, copy] = await Promise.all([
    disks.seal('s1', 's1.root', offer.root, puller),
    disks.offer('s1', 's1.root', offer.shape),
  ]);
  expect(sealed.root).toBe(offer.root);
  await fillCopy(copy, offer);
  expect(await disks.seal('s1', 's1.root', offer.root, pullerOf(copy, offer))).toMatchObject({ reused: 3, pulled: 0 });
  await disks.close();
});

test('a seal that fails leaves the disk unsealed and its copy open for another try', async () => {
  const { disks } = await someDisks();
  const offer = offered(disk);
  const puller = await fill(disks, offer);
  expect((await problemOf(disks.seal('s1', 's1.root', '0'.repeat(64), puller))).code).toBe('E_ROOT_MISMATCH');
  expect(await disks.sealed('s1', 's1.root')).toBeNull();
  expect(await disks.seal('s1', 's1.root', offer.root, puller)).toMatchObject({ root: offer.root });
  await disks.close();
});

test('another size starts the comparison anew, and discarding all leaves nothing but what was verified', async () => {
  const { disks } = await someDisks();
  await fill(disks, offered(disk));
  const larger = offered(aDisk('ab.cd', blockSize));
  expect((await disks.offer('s1', 's1.root', larger.shape)).shape.size).toBe(5 * blockSize);
  expect((await fill(disks, larger)).signal.aborted).toBe(false);
  const offer = offered(disk);
  await disks.seal('s1', 's1.root', offer.root, await fill(disks, offer));
  expect(await disks.discardAll()).toBeGreaterThan(0);
  expect(await disks.discardAll()).toBe(0);
  expect(await disks.sealed('s1', 's1.root')).toMatchObject({ root: offer.root });
});

test.each([
  ['its data', '.raw', 4096 + 7],
  ['a hole of it', '.raw', 8192],
  ['its list of digests', '.digests', 33],
])(
  'a sealed disk that is altered in %s never becomes an image, is unsealed, and is mended by another offer',
  async (_, ending, at) => {
    const some = await someDisks();
    const offer = offered(disk);
    await some.disks.seal('s1', 's1.root', offer.root, await fill(some.disks, offer));
    await flip(join(some.folder, 'disks', 's1', `s1.root${ending}`), at);
    const read = some.disks.open('s1', 's1.root').then((source) => source.read(0, disk.length));
    expect((await problemOf(read)).code).toBe('E_BLOCK_MISMATCH');
    expect(await some.disks.sealed('s1', 's1.root')).toBeNull();
    expect((await problemOf(some.disks.open('s1', 's1.root'))).code).toBe('E_ROOT_MISMATCH');
    const puller = await fill(some.disks, offer);
    expect(await some.disks.seal('s1', 's1.root', offer.root, puller)).toMatchObject({ root: offer.root });
    const sealed = await some.disks.open('s1', 's1.root');
    expect((await sealed.read(0, disk.length)).equals(disk)).toBe(true);
    await some.disks.close();
  },
);

test('a seal waits for the page under way, and from then on no page and no hole is taken until the disk is offered again', async () => {
  const { disks } = await someDisks();
  const offer = offered(disk);
  const copy = await disks.offer('s1', 's1.root', offer.shape);
  const gate = Promise.withResolvers<void>();
  const slow: Puller = pullerOf(copy, {
    ...offer,
    asker: { ...offer.asker, pull: (...asked) => gate.promise.then(() => offer.asker.pull(...asked)) },
  });
  const page = copy.take(0, offer.digests, slow);
  const sealing = disks.seal('s1', 's1.root', offer.root, slow);
  // The block is zeros as it is.
  const hole = (): Promise<unknown> => copy.hole(2, 1).catch((error: unknown) => (error as Problem).code);
  await expect.poll(hole).toBe('E_CAMPAIGN_STATE');
  gate.resolve();
  expect(await page).toBe(3);
  expect(await sealing).toMatchObject({ root: offer.root });
  const other = offered(aDisk('xy.z', blockSize, 1000));
  expect((await problemOf(copy.take(0, other.digests, pullerOf(copy, other)))).code).toBe('E_CAMPAIGN_STATE');
  expect(await hole()).toBe('E_CAMPAIGN_STATE');
  const source = await disks.open('s1', 's1.root');
  expect((await source.read(0, disk.length)).equals(disk)).toBe(true);
  await source.close();
  await disks.offer('s1', 's1.root', offer.shape);
  await copy.hole(0, 1);
  await disks.close();
});

test('a disk that is being imported is not offered again until that has ended, nor one whose image stands', async () => {
  const folder = await aFolder();
  const built = new Set<string>();
  const disks = new Disks('campaign', folder, someTools(), (name) => built.has(name));
  const offer = offered(disk);
  await disks.seal('s1', 's1.root', offer.root, await fill(disks, offer));
  const again = (): Promise<unknown> => disks.offer('s1', 's1.root', offer.shape);
  const readers = [await disks.open('s1', 's1.root'), await disks.open('s1', 's1.root')];
  for (const reader of readers) {
    expect((await problemOf(again())).code).toBe('E_CAMPAIGN_STATE');
    await reader.close();
    await reader.close();
  }
  built.add('s1.root');
  expect((await problemOf(again())).code).toBe('E_CAMPAIGN_STATE');
  expect(await disks.sealed('s1', 's1.root')).toMatchObject({ root: offer.root });
  built.clear();
  await again();
  expect(await disks.sealed('s1', 's1.root')).toBeNull();
  await disks.close();
});

test('a disk that is closed while it is read is read no further, and that is no defect', async () => {
  const disks = new Disks('campaign', await aFolder(), someTools());
  const offer = offered(disk);
  await disks.seal('s1', 's1.root', offer.root, await fill(disks, offer));
  const reader = await disks.open('s1', 's1.root');
  const closed = disks.close();
  expect((await problemOf(reader.read(0, disk.length))).code).toBe('E_CANCELLED');
  await closed;
  expect((await problemOf(reader.read(0, disk.length))).code).toBe('E_CANCELLED');
});

test('what is imported is what the root names, though a block and its digest are both replaced meanwhile', async () => {
  const some = await someDisks();
  const offer = offered(disk);
  await some.disks.seal('s1', 's1.root', offer.root, await fill(some.disks, offer));
  const source = await some.disks.open('s1', 's1.root');
  const other = aDisk('ax.c', blockSize, 1000);
  const base = join(some.folder, 'disks', 's1', 's1.root');
  await writeFile(`${base}.raw`, other, { flag: 'r+' });
  await writeFile(`${base}.digests`, offered(other).digests, { flag: 'r+' });
  expect((await problemOf(source.read(0, disk.length))).code).toBe('E_BLOCK_MISMATCH');
  expect(await some.disks.sealed('s1', 's1.root')).toBeNull();
  await some.disks.close();
});

test('what could not be read when disks were remembered is read by whoever asks next', async () => {
  const some = await someDisks();
  const offer = offered(disk);
  const stray = join(some.folder, 'disks', 'stray');
  await mkdir(join(some.folder, 'disks'), { recursive: true });
  await writeFile(stray, '');
  expect((await problemOf(some.disks.offer('s1', 's1.root', offer.shape))).code).toBe('ENOTDIR');
  await rm(stray);
  await some.disks.seal('s1', 's1.root', offer.root, await fill(some.disks, offer));
  await some.disks.close();
});

test('a disk whose data cannot find room is refused before anything is pulled', async () => {
  const { disks } = await someDisks();
  const { shape } = offered(disk);
  const huge = { ...shape, size: 2 ** 43, blockSize: 2 ** 20 };
  const refused = disks.offer('s1', 's1.root', huge, 2 ** 43);
  expect((await problemOf(refused)).code).toBe('E_DISK_FULL');
  expect((await disks.offer('s1', 's1.data', shape, disk.length)).shape.size).toBe(disk.length);
  await disks.close();
});

test('a second disk takes from the first what it has, also after a restart, and pulls only the rest', async () => {
  const some = await someDisks();
  const base = offered(disk);
  await some.disks.seal('s1', 's1.root', base.root, await fill(some.disks, base));
  const sibling = offered(aDisk('xab.', blockSize));
  await some.disks.seal('s1', 's1.data', sibling.root, await fill(some.disks, sibling, 's1.data'));
  expect(sibling.pulled).toEqual([0]);
  expect(await some.disks.sealed('s1', 's1.data')).toMatchObject({ copied: 2, pulled: 1, zero: 1 });
  await some.disks.close();
  const later = restarted(some);
  const third = offered(aDisk('..bax', blockSize));
  await later.disks.seal('s1', 's1.swap', third.root, await fill(later.disks, third, 's1.swap'));
  expect(third.pulled).toEqual([]);
  expect(await later.disks.sealed('s1', 's1.swap')).toMatchObject({ copied: 3, pulled: 0, zero: 2 });
  await later.disks.close();
});

test('a donor that was altered is caught, counted, and what it no longer has is pulled', async () => {
  const some = await someDisks();
  const base = offered(disk);
  await some.disks.seal('s1', 's1.root', base.root, await fill(some.disks, base));
  await flip(join(some.folder, 'disks', 's1', 's1.root.raw'), 100);
  const sibling = offered(disk);
  const puller = await fill(some.disks, sibling, 's1.data');
  expect(await some.disks.seal('s1', 's1.data', sibling.root, puller)).toMatchObject({ copied: 2, pulled: 1, mended: 1 });
  expect(sibling.pulled).toEqual([0]);
  await some.disks.close();
});

test('disks of one block that are copied at the same time pull it once', async () => {
  const some = await someDisks();
  const offers = ['s1.a', 's1.b', 's1.c'].map((name) => ({ name, offer: offered(disk) }));
  await Promise.all(offers.map(({ name, offer }) => fill(some.disks, offer, name)));
  expect(offers.flatMap(({ offer }) => offer.pulled).toSorted((a, b) => a - b)).toEqual([0, 1, 3]);
  await some.disks.close();
});

/** A file system of so many MiB, which can grow; only root may make one. */
async function aSmallDisk(mib: number): Promise<{ folder: string; grow(mib: number): Promise<void> }> {
  const folder = await aFolder();
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder]);
  onTestFinished(async () => void (await run('umount', ['-l', folder])));
  return { folder, grow: async (more) => void (await run('mount', ['-o', `remount,size=${more}m`, folder])) };
}

test.skipIf(process.getuid?.() !== 0)(
  'a disk that fills up stops the copy while there is room for the ledger, and the copy goes on from there',
  async () => {
    const { folder, grow } = await aSmallDisk(100);
    const noise = aNoise(64 * 1024 * 1024);
    const disks = new Disks('campaign', folder, someTools(undefined, folder));
    const offer = offered(noise, { blockSize: 65_536 });
    const copy = await disks.offer('s1', 's1.root', offer.shape);
    expect((await problemOf(fill(disks, offer))).code).toBe('E_DISK_FULL');
    const { bavail, bsize } = await statfs(folder);
    expect(bavail * bsize).toBeGreaterThan(8 * 1024 * 1024);
    const had = copy.file.blocks.done;
    expect(had).toBeGreaterThan(0);
    await grow(300);
    const rest = offered(noise, { blockSize: 65_536 });
    await disks.seal('s1', 's1.root', rest.root, await fill(disks, rest));
    expect(rest.pulled).toHaveLength((1024 - had) * 16);
    await disks.close();
  },
  60_000,
);
