import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyImage, type Fetching } from '../../../../../receiver/disks/dedup/image-copy.ts';
import { FreeSpace } from '../../../../../receiver/disks/store/free-space.ts';
import type { DonorImage } from '../../../../../shared/cloud/destination-cloud.ts';
import { OpenStackDestination } from '../../../../../shared/cloud/openstack/destination.ts';
import { accessTo } from '../../../../conformance/furnish.ts';
import { aFolder, problemOf } from '../../../../support/folder.ts';
import { hasQemu } from '../../../../support/qemu.ts';
import type { Twin } from '../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../../../shared/cloud/openstack/a-destination.ts';

const MiB = 1024 * 1024;
const bytes = Buffer.concat([randomBytes(3 * MiB), Buffer.alloc(60 * MiB), randomBytes(MiB)]);

async function aDestination(twin: Twin): Promise<OpenStackDestination> {
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  return cloud;
}

function fetching(folder: string, signal = AbortSignal.timeout(30_000), mostBytes = 100 * MiB): Fetching {
  return { mostBytes, freeSpace: new FreeSpace(folder), signal };
}

async function stored(twin: Twin, format: string, content: Buffer): Promise<DonorImage> {
  const id = await (await aHand(twin)).store({ name: 'base', disk_format: format }, content);
  return { id, image: 'base', size: content.length };
}

test.skipIf(!hasQemu())('a qcow2 image comes as a sparse raw file, and nothing else is left of it', async () => {
  const folder = await aFolder();
  const twin = await aFurnishedTwin();
  await writeFile(join(folder, 'plain'), bytes);
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', join(folder, 'plain'), join(folder, 'packed')]);
  const donor = await stored(twin, 'qcow2', await readFile(join(folder, 'packed')));
  const place = await aFolder();
  const path = join(place, 'base.raw');
  await copyImage(await aDestination(twin), donor, path, fetching(place));
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect((await stat(path)).blocks * 512).toBeLessThan(5 * MiB);
  expect(await readdir(place)).toEqual(['base.raw']);
});

test('a raw image is fetched once, and taken as it is afterwards', async () => {
  const place = await aFolder();
  const twin = await aFurnishedTwin();
  const donor = await stored(twin, 'raw', bytes);
  const path = join(place, 'base.raw');
  const cloud = await aDestination(twin);
  for (let time = 0; time < 2; time += 1) await copyImage(cloud, donor, path, fetching(place));
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect(twin.requests.filter(({ method, path: at }) => method === 'GET' && at.endsWith('/file'))).toHaveLength(1);
  expect(await readdir(place)).toEqual(['base.raw']);
});

test('an image that is longer than the policy allows is not fetched, whether it says so or turns out so', async () => {
  const place = await aFolder();
  const twin = await aFurnishedTwin();
  const donor = await stored(twin, 'raw', bytes);
  for (const size of [bytes.length, 1]) {
    const copied = copyImage(
      await aDestination(twin),
      { ...donor, size },
      join(place, 'base.raw'),
      fetching(place, undefined, MiB),
    );
    expect((await problemOf(copied)).code).toBe('E_UNSUPPORTED');
  }
  expect(await readdir(place)).toEqual([]);
});
