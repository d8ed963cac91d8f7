import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Pull } from '../../receiver/disks/copy.ts';
import { Disks } from '../../receiver/disks/disks.ts';
import { Root } from '../../shared/model/disk.ts';
import { aFolder, problemOf } from '../support/folder.ts';

const { signal } = new AbortController();
const size = 4096;
const bytes = Buffer.alloc(size, 'a');
const digest = createHash('sha256').update(bytes).digest('hex');
const pull: Pull = async () => ({ offset: 0, digest, bytes });

function rootOf(digests: readonly (string | null)[]): string {
  const root = new Root(size, 4096);
  for (const one of digests) root.add(one);
  return root.value();
}
const root = rootOf([digest]);

/** Disks of a campaign with one sealed disk. */
async function someDisks(): Promise<{ disks: Disks; folder: string }> {
  const folder = await aFolder();
  return { disks: new Disks('campaign', folder), folder };
}

async function fill(disks: Disks): Promise<void> {
  const copy = await disks.offer('s1', 's1.root', size, 4096);
  await copy.take(0, [digest], pull, 1, signal);
}

test('only a sealed disk has a file that may become an image', async () => {
  const { disks, folder } = await someDisks();
  expect((await problemOf(disks.open('s1', 's1.root'))).code).toBe('E_CAMPAIGN_STATE');
  await fill(disks);
  expect((await problemOf(disks.open('s1', 's1.root'))).code).toBe('E_CAMPAIGN_STATE');
  expect(await disks.seal('s1', 's1.root', root, pull, signal)).toMatchObject({ root, size, pulled: 1 });
  const sealed = await disks.open('s1', 's1.root');
  expect((await sealed.read(0, size)).equals(bytes)).toBe(true);
  await sealed.close();
  const marker = JSON.parse(await readFile(join(folder, 'markers', 's1', 's1.root.completed'), 'utf8')) as object;
  expect(marker).toMatchObject({ campaign: 'campaign', digest: root, counts: { size, pulled: 1 } });
  await disks.close();
});

test('a disk that was not offered cannot be sealed; one that is sealed is answered again', async () => {
  const { disks, folder } = await someDisks();
  expect((await problemOf(disks.seal('s1', 's1.root', root, pull, signal))).code).toBe('E_NOT_FOUND');
  await fill(disks);
  const first = await disks.seal('s1', 's1.root', root, pull, signal);
  expect(await disks.seal('s1', 's1.root', root, pull, signal)).toEqual(first);
  expect(await new Disks('campaign', folder).seal('s1', 's1.root', root, pull, signal)).toEqual(first);
  expect((await problemOf(disks.seal('s1', 's1.root', '0'.repeat(64), pull, signal))).code).toBe('E_NOT_FOUND');
});

test('a sealed disk that is offered again is no longer sealed, and nothing of it is pulled twice', async () => {
  const { disks } = await someDisks();
  await fill(disks);
  await disks.seal('s1', 's1.root', root, pull, signal);
  const again = await disks.offer('s1', 's1.root', size, 4096);
  expect(await disks.sealed('s1', 's1.root')).toBeNull();
  expect((await problemOf(disks.open('s1', 's1.root'))).code).toBe('E_CAMPAIGN_STATE');
  expect(await again.take(0, [digest], pull, 1, signal)).toBe(0);
  expect(await disks.seal('s1', 's1.root', root, pull, signal)).toMatchObject({ reused: 1, pulled: 0 });
});

test('an offer that comes while the disk is being sealed waits, so that neither loses its file', async () => {
  const { disks } = await someDisks();
  await fill(disks);
  const [sealed, copy] = await Promise.all([
    disks.seal('s1', 's1.root', root, pull, signal),
    disks.offer('s1', 's1.root', size, 4096),
  ]);
  expect(sealed.root).toBe(root);
  await copy.take(0, [digest], pull, 1, signal);
  expect(await disks.seal('s1', 's1.root', root, pull, signal)).toMatchObject({ reused: 1 });
});

test('a seal that fails leaves the disk unsealed and its copy open for another try', async () => {
  const { disks } = await someDisks();
  await fill(disks);
  expect((await problemOf(disks.seal('s1', 's1.root', '0'.repeat(64), pull, signal))).code).toBe('E_ROOT_MISMATCH');
  expect(await disks.sealed('s1', 's1.root')).toBeNull();
  expect(await disks.seal('s1', 's1.root', root, pull, signal)).toMatchObject({ root });
});

test('another size starts the comparison anew, and discarding leaves nothing but what was verified', async () => {
  const { disks, folder } = await someDisks();
  await fill(disks);
  const larger = await disks.offer('s1', 's1.root', 2 * size, 4096);
  expect(larger.size).toBe(2 * size);
  await disks.discard('s1', 's1.root');
  expect(await readdir(join(folder, 'disks', 's1'))).toEqual([]);
  await disks.discard('s1', 's1.root');
  await fill(disks);
  await disks.seal('s1', 's1.root', root, pull, signal);
  expect(await disks.discardAll()).toBeGreaterThan(0);
  expect(await disks.discardAll()).toBe(0);
});

test('a sealed disk whose file is altered afterwards is caught while it is read for its import', async () => {
  const { disks, folder } = await someDisks();
  await fill(disks);
  await disks.seal('s1', 's1.root', root, pull, signal);
  await writeFile(join(folder, 'disks', 's1', 's1.root.raw'), Buffer.alloc(size, 'b'));
  const altered = await disks.open('s1', 's1.root');
  expect((await problemOf(altered.read(0, size))).code).toBe('E_ROOT_MISMATCH');
  await altered.close();
});
