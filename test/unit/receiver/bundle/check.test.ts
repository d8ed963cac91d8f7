import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { Checker } from '../../../../receiver/bundle/check.ts';
import { readWithProgress } from '../../../../receiver/bundle/read-with-progress.ts';
import { Campaigns } from '../../../../receiver/campaign/campaigns.ts';
import { OpenStackDestination } from '../../../../shared/cloud/openstack/destination.ts';
import { digestOf } from '../../../../shared/disk/block-digest.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { Mappings } from '../../../../shared/model/mappings.ts';
import { accessTo } from '../../../conformance/furnish.ts';
import { aBundle } from '../../../support/bundle.ts';
import { aFolder, problemOf } from '../../../support/folder.ts';
import { aFurnishedTwin } from '../../shared/cloud/openstack/a-destination.ts';

const blockBytes = 64 * 1024;

/** A receiver that checks bundles; returns everything that it says. */
async function aChecker() {
  const state = await aFolder();
  const twin = await aFurnishedTwin();
  const workers = new WorkerPool({ size: 1, buffers: 1 });
  const destination = new OpenStackDestination(await accessTo(twin.authUrl, 'demo'));
  const cloud = () => Promise.resolve(destination);
  const images = { images: 'none', mostBytes: 0 } as const;
  const campaigns = new Campaigns(state, {
    cloud,
    workers,
    log: pino({ level: 'silent' }),
    directIo: true,
    keptFor: null,
    images,
  });
  onTestFinished(async () => {
    await destination.close();
    await workers.close();
    expect(await readdir(state), 'nothing is written').toEqual([]);
  });
  const signal = AbortSignal.timeout(30_000);
  return async (bundle: Buffer): Promise<string[]> => {
    const pieces = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; at < bundle.length; at += blockBytes) yield bundle.subarray(at, at + blockBytes);
    };
    const begin = (tell: (says: string) => void) => {
      const visitor = new Checker({ campaigns, cloud, workers, state, mappings: Mappings.parse({}), signal, tell });
      return { visitor, end: () => Promise.resolve() };
    };
    const said: string[] = [];
    for await (const says of readWithProgress(pieces(), begin, signal)) said.push(says);
    return said;
  };
}

/** Where a block's digest stands in a bundle, for the last time. */
function placeOf(bundle: Buffer, disk: Buffer, block: number): number {
  const bytes = disk.subarray(block * blockBytes, (block + 1) * blockBytes);
  return Math.max(...(['blake3', 'sha256'] as const).map((algorithm) => bundle.lastIndexOf(digestOf(algorithm, bytes))));
}

test('a check finds a block whose bytes are not what its digest names, though every list in the bundle agrees', async () => {
  const check = await aChecker();
  const disk = randomBytes(5 * blockBytes + 4096);
  const bundle = await aBundle([disk]);
  const at = bundle.indexOf(disk.subarray(3 * blockBytes, 3 * blockBytes + 4096));
  bundle.writeUInt8(bundle.readUInt8(at + 100) ^ 1, at + 100);
  expect(await problemOf(check(bundle))).toMatchObject({
    code: 'E_BUNDLE',
    message: expect.stringContaining('Block 3 of disk ds1'),
  });
});

test('a check finds a block that is said to be the same as another, and is not', async () => {
  const check = await aChecker();
  const disk = randomBytes(5 * blockBytes);
  const bundle = await aBundle([disk, disk]);
  // A block as one before: its digest, the number of the disk, the number of the block.
  const at = placeOf(bundle, disk, 4) + 32;
  expect([bundle.readUInt32BE(at), bundle.readUInt32BE(at + 4)]).toEqual([1, 4]);
  bundle.writeUInt32BE(3, at + 4);
  expect(await problemOf(check(bundle))).toMatchObject({
    code: 'E_BUNDLE',
    message: expect.stringContaining('block 3 of disk 1'),
  });
});

test('a check of a whole bundle says what an import would create, and which disks are whole', async () => {
  const check = await aChecker();
  const disk = Buffer.concat([randomBytes(3 * blockBytes), Buffer.alloc(70 * blockBytes), randomBytes(100)]);
  const said = await check(await aBundle([disk, disk]));
  expect(said.slice(1)).toEqual([
    'It would create 2 disk, 2 server.',
    'Disk ds1 is whole: 74 blocks are what their digests name.',
    'Disk ds2 is whole: 74 blocks are what their digests name.',
    'The bundle is whole. Nothing was written.',
  ]);
});
