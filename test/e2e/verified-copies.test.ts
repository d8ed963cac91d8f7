import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type SenderLife, untilState, World } from '../support/in-process.ts';
import { aDisk, censusOf, makeShop, sha256 } from '../support/shop.ts';

let dir: string;
let world: World;
let sender: SenderLife;
let campaign: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'godwit-verify-'));
  await makeShop(dir);
  world = await World.open(dir, join(dir, 'world'));
  world.startReceiver();
  sender = await world.startSender();
  campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
}, 60_000);
afterAll(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

interface Listed {
  readonly id: string;
}

/** Flips a byte of a server's copy. */
async function flip(server: string): Promise<void> {
  const folder = join(world.receiverState, 'campaigns', campaign, 'disks', server);
  const name = (await readdir(folder)).find((one) => one.endsWith('.raw')) ?? '';
  const file = await open(join(folder, name), 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 4096);
  await file.write(Buffer.from([byte.readUInt8(0) ^ 0xff]), 0, 1, 4096);
  await file.close();
}

test('a finished campaign is read again on both sides, written on neither, and agrees', async () => {
  const before = [await censusOf(world.source), await censusOf(world.destination)];
  const { disks: verdicts } = await sender.daemon.verify({ campaign });
  expect(verdicts.map(({ agrees }) => agrees)).toEqual([true, true]);
  expect(new Set(verdicts.map((verdict) => verdict.sha256))).toEqual(
    new Set(['web 1', '-web/é'].map((name) => sha256(aDisk(name)))),
  );
  expect(verdicts[0]?.says).toMatch(/the same 1\.0 MiB at the source, in the receiver's copy and in image /);
  expect([await censusOf(world.source), await censusOf(world.destination)]).toEqual(before);
  await expect(readdir(join(world.senderState, 'campaigns', campaign, 'disks', verdicts[0]?.server ?? ''))).rejects.toThrow();
});

test('only one verification goes on at a time', async () => {
  const first = sender.daemon.verify({ campaign });
  await expect(sender.daemon.verify({ campaign })).rejects.toMatchObject({ code: 'E_CAMPAIGN_STATE' });
  expect((await first).disks.every(({ agrees }) => agrees)).toBe(true);
});

test('a copy that has changed, and an image that is gone, are told apart from the whole ones', async () => {
  const [first, second] = (await sender.daemon.verify({ campaign })).disks;
  await flip(first?.server ?? '');
  await world.destination.user.send('DELETE', 'image', `/images/${second?.image}`);
  const [flipped, gone] = (await sender.daemon.verify({ campaign })).disks;
  expect(flipped?.agrees).toBe(false);
  expect(gone).toMatchObject({ agrees: false, says: expect.stringContaining(`Image ${second?.image} is not as it was made`) });
}, 30_000);

test('a snapshot that somebody deleted cannot be compared, and that is said', async () => {
  const images = await world.source.user.list<Listed>('image', '/images?image_type=snapshot', 'images');
  for (const { id } of images) await world.source.user.send('DELETE', 'image', `/images/${id}`);
  for (const verdict of (await sender.daemon.verify({ campaign })).disks)
    expect(verdict.says).toContain('The snapshot at the source is gone');
});

test('a wish ends a verification, and is worked on', async () => {
  const verifying = sender.daemon.verify({ campaign }).catch((error: unknown) => error);
  await sender.daemon.rollback({ campaign });
  await verifying;
  await untilState(sender, 'rolled back');
  await expect(sender.daemon.verify({ campaign })).rejects.toMatchObject({ code: 'E_CAMPAIGN_STATE' });
}, 60_000);
