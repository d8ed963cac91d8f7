import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openCloudAt, type SenderLife, untilState, World } from '../support/in-process.ts';
import { makeShop } from '../support/shop.ts';
import { addOwnImages, imagesAt, type SeenImage } from '../support/shop-images.ts';

let template: string;
let dir: string;
let world: World;
let sender: SenderLife;
let ids: Readonly<Record<string, string>>;

/** A shop of one server, and images of its project in several formats. */
beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'godwit-images-'));
  await makeShop(template, undefined, ['web 1']);
  const source = await openCloudAt(join(template, 'source'));
  ids = await addOwnImages(source.user);
  await source.twin.stop();
}, 120_000);
afterAll(() => rm(template, { recursive: true, force: true }));

beforeEach(async () => {
  dir = await mkdtemp(join(template, 'world-'));
  world = await World.open(template, dir);
  world.startReceiver();
  sender = await world.startSender();
}, 60_000);
afterEach(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

/** What of an image its owner chose. */
function chosen(image: SeenImage): Readonly<Record<string, unknown>> {
  const own = ['id', 'owner', 'file', 'self', 'created_at', 'updated_at', 'virtual_size'];
  const kept = Object.entries(image).filter(([key]) => !own.includes(key) && !key.startsWith('godwit_'));
  return Object.fromEntries(kept);
}

async function named(side: 'source' | 'destination', name: string): Promise<SeenImage | undefined> {
  return (await imagesAt(world[side].user)).find((image) => image.name === name);
}

async function storedAt(side: 'source' | 'destination', id: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(join(dir, side, 'images', id))) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

async function begin(images: readonly string[]): Promise<string> {
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [], images });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  return (await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} })).campaign;
}

test('images of the project move with it, in every format, with every attribute and the bytes that were stored', async () => {
  const before = await imagesAt(world.source.user);
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [], withImages: true });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  expect(concerns.find(({ code }) => code === 'image.members')?.says).toContain('an ISO (1)');
  expect(concerns.find(({ code }) => code === 'left_behind.images')?.says).toContain('no bytes: queued');
  const { campaign } = await sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} });
  await untilState(sender, 'ready');
  for (const name of ['an ISO', 'a snapshot', 'a disk/é', 'a kernel']) {
    const here = await named('source', name);
    const there = await named('destination', name);
    expect(there && chosen(there)).toEqual(here && chosen(here));
    expect(await storedAt('destination', there?.id ?? '')).toBe(await storedAt('source', here?.id ?? ''));
  }
  const { disks: verdicts, comparison } = await sender.daemon.verify({ campaign });
  expect(verdicts.filter(({ agrees }) => !agrees)).toEqual([]);
  expect(comparison?.lines.filter(({ is }) => is === 'changed' || is === 'different')).toEqual([]);
  expect(comparison?.kinds['image']?.resources).toBeGreaterThan(3);
  expect(await imagesAt(world.source.user)).toEqual(expect.arrayContaining([...before]));
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const moved = (await imagesAt(world.destination.user)).filter(({ name }) => name === 'an ISO');
  expect(moved.map((image) => Object.keys(image).filter((key) => key.startsWith('godwit_')))).toEqual([[]]);
  expect((await named('source', 'an ISO'))?.tags).toContain('godwit-moved');
  const again = sender.daemon.plan({ project: undefined, servers: [], images: ['an ISO'] });
  await expect(again).rejects.toMatchObject({
    code: 'E_UNSUPPORTED',
    message: expect.stringContaining('moved by an earlier campaign'),
  });
});

test('a rollback removes the images of the campaign, protected ones too, and leaves those of the source', async () => {
  const before = await imagesAt(world.source.user);
  const there = await imagesAt(world.destination.user);
  const campaign = await begin(['an ISO', 'a disk/é']);
  await untilState(sender, 'ready');
  expect((await named('destination', 'an ISO'))?.protected).toBe(true);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await imagesAt(world.destination.user)).toEqual(there);
  expect(await imagesAt(world.source.user)).toEqual(before);
});

test('an image that its owner tagged since the capture stops its own move, and no other', async () => {
  const campaign = await begin(['an ISO', 'a kernel']);
  // It is the second: the first is still on its way.
  await world.source.user.send('PUT', 'image', `/images/${ids['a kernel']}/tags/late`);
  await untilState(sender, 'failed');
  const report = await sender.daemon.report({ campaign });
  expect(report.moves.map(({ name, state }) => ({ name, state })).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'a kernel', state: 'failed' },
    { name: 'an ISO', state: 'moved' },
  ]);
});

test('daemons that are killed while an image moves go on, and leave it once', async () => {
  // It is made slowly, and alone: the sender dies while it is imported, when nothing is read any
  // more. A life that is killed in this process would end its reading in the next one's folder.
  const match = { service: 'image' as const, method: 'POST', path: '/images$' };
  world.destination.twin.faults.set([{ do: 'delay', match, ms: 2_000, times: 1 }]);
  const campaign = await begin(['a snapshot']);
  const phases = async () => (await sender.daemon.status()).campaigns[0]?.moves.map(({ phase }) => phase);
  await expect.poll(phases, { timeout: 60_000, interval: 20 }).toContain('import');
  await sender.kill();
  sender = await world.startSender();
  await world.killReceiver();
  world.startReceiver();
  await untilState(sender, 'ready');
  const all = (await imagesAt(world.destination.user)).filter(({ name }) => ids[name] !== undefined);
  expect(all.map(({ name }) => name)).toEqual(['a snapshot']);
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilState(sender, 'committed');
  expect(await named('source', 'a snapshot')).toBeDefined();
});
