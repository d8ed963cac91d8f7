import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SenderLife, untilState, type World } from '../support/in-process.ts';
import {
  addLoneVolume,
  type SeenVolume,
  storedDigest,
  volumeSnapshotsAt,
  volumesAt,
  writeInto,
} from '../support/shop-volumes.ts';
import { restarted, ShopTemplate } from '../support/shop-world.ts';

let template: ShopTemplate;
let world: World;
let sender: SenderLife;
let volume: string;

/** A shop of one server, and a volume that no server has. */
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1'], async ({ user }, state) => {
    volume = await addLoneVolume(user, state);
  });
}, 120_000);
afterAll(() => template.remove());

beforeEach(async () => {
  ({ world, sender } = await template.world());
}, 60_000);

const ofTenant = (metadata: SeenVolume['metadata']) =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith('godwit_')));

const alike = ({ name, description, status, size, bootable, volume_type, metadata, volume_image_metadata }: SeenVolume) => ({
  name,
  description,
  status,
  size,
  bootable,
  volume_type,
  volume_image_metadata,
  metadata: ofTenant(metadata),
});

async function there(): Promise<SeenVolume | undefined> {
  return (await volumesAt(world.destination.user)).find(({ name }) => name === 'archive/é');
}

async function here(): Promise<SeenVolume | undefined> {
  return (await volumesAt(world.source.user)).find(({ id }) => id === volume);
}

/** What is made only to read or to write volumes, in both clouds. */
async function temporaries(): Promise<readonly string[]> {
  const left: string[] = [];
  for (const side of ['source', 'destination'] as const) {
    const { user } = world[side];
    const images = await user.list<{ name: string; godwit_source?: string }>('image', '/images', 'images');
    left.push(
      ...images.filter(({ godwit_source = '' }) => godwit_source.endsWith('.volume')).map(({ name }) => `${side} ${name}`),
    );
    left.push(...(await volumesAt(user)).filter(({ name }) => name.startsWith('godwit')).map(({ name }) => `${side} ${name}`));
    left.push(...(await volumeSnapshotsAt(user)).map(({ id }) => `${side} snapshot ${id}`));
  }
  return left;
}

/** Begins a campaign of a selection; nothing blocks its plan. */
async function begin(selection: { volumes?: string[] } = {}, edit: (plan: string) => string = (plan) => plan): Promise<string> {
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [], ...selection });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  return (await sender.daemon.migrate({ plan: edit(plan), file: 'plan.yaml', options: {} })).campaign;
}

/** Attaches the volume to the server of the source, and detaches it when some work has ended. */
async function attached(work: () => Promise<void>): Promise<void> {
  const { user } = world.source;
  const [server] = await user.list<{ id: string }>('compute', '/servers', 'servers');
  const path = `/servers/${server?.id}/os-volume_attachments`;
  await user.send('POST', 'compute', path, { volumeAttachment: { volumeId: volume } });
  await expect.poll(async () => (await here())?.status, { timeout: 20_000 }).toBe('in-use');
  await work();
  await user.send('DELETE', 'compute', `${path}/${volume}`);
  await expect.poll(async () => (await here())?.status, { timeout: 20_000 }).toBe('available');
}

test('a volume that no server has moves with its project: every byte and attribute, and nothing temporary stays', async () => {
  const before = await here();
  const campaign = await begin();
  await untilState(sender, 'ready');
  const moved = await there();
  expect(moved && alike(moved)).toEqual(before && alike(before));
  expect(await storedDigest(join(world.dir, 'destination'), moved?.id ?? '')).toBe(
    await storedDigest(join(world.dir, 'source'), volume),
  );
  expect(await here()).toEqual(before);
  const { disks: verdicts, comparison } = await sender.daemon.verify({ campaign });
  expect(comparison?.worst).toBeNull();
  expect(verdicts.map(({ name, agrees }) => ({ name, agrees }))).toContainEqual({ name: 'archive/é', agrees: true });
  const { campaigns } = await sender.daemon.status();
  expect(campaigns[0]?.says).toContain('All 2 servers and volumes moved and verified.');
  const report = await sender.daemon.report({ campaign });
  expect(report.moves.find(({ kind }) => kind === 'volume')).toMatchObject({
    name: 'archive/é',
    state: 'moved',
    downtimeMs: null,
    destinationId: moved?.id,
    phases: ['look', 'freeze', 'copy', 'import', 'mark'].map((name) => expect.objectContaining({ name })),
  });
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  expect((await there())?.metadata).toEqual({ tier: 'cold' });
  expect((await here())?.metadata).toEqual({ tier: 'cold', godwit_moved: `${campaign} ${volume}` });
  expect(await temporaries()).toEqual([]);
});

test('a later campaign leaves out a volume that has moved, and a commit may delete it at the source', async () => {
  const first = await begin({ volumes: ['archive/é'] });
  await untilState(sender, 'ready');
  await sender.daemon.commit({ campaign: first, deleteSource: false });
  await untilState(sender, 'committed');
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(plan).toContain('volumes: []');
  expect(concerns.find(({ code }) => code === 'left_behind.volumes')?.says).toContain('moved by an earlier campaign');
  const other = await addLoneVolume(world.source.user, join(world.dir, 'source'), 'second');
  const second = await begin({ volumes: [other] });
  await expect
    .poll(async () => (await sender.daemon.status()).campaigns.find(({ id }) => id === second)?.state, { timeout: 60_000 })
    .toBe('ready');
  await sender.daemon.commit({ campaign: second, deleteSource: true });
  await expect.poll(async () => (await volumesAt(world.source.user)).map(({ id }) => id), { timeout: 30_000 }).toEqual([volume]);
  expect((await volumesAt(world.destination.user)).map(({ name }) => name)).toEqual(['archive/é', 'second']);
});

test('a volume that the plan leaves out stays behind, and that is told', async () => {
  const { plan } = await sender.daemon.plan({ project: undefined, servers: [] });
  const without = plan.replace(/^volumes:\n( {2}- .*\n {4}.*\n)/m, 'volumes: []\n');
  expect(without).not.toBe(plan);
  const { concerns } = await sender.daemon.migrate({ plan: without, file: 'plan.yaml', options: {} });
  expect(concerns.find(({ code }) => code === 'volume.left_out')?.says).toContain('archive/é');
  await untilState(sender, 'ready');
  expect(await there()).toBeUndefined();
});

test('a volume that a server got while it was frozen stops its own move, and no other', async () => {
  const other = await addLoneVolume(world.source.user, join(world.dir, 'source'), 'second');
  const match = { service: 'volume' as const, method: 'POST', path: '/volumes$', body: volume };
  world.source.twin.faults.set([{ do: 'delay', match, ms: 1_500, times: 1 }]);
  const campaign = await begin({ volumes: [volume, other] });
  await attached(async () => {
    await untilState(sender, 'failed');
  });
  const report = await sender.daemon.report({ campaign });
  expect(report.moves.map(({ name, state }) => ({ name, state })).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'archive/é', state: 'failed' },
    { name: 'second', state: 'moved' },
  ]);
  expect(report.problems[0]?.says).toMatch(/^Volume archive\/é is (reserved|attaching|in-use)/);
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
  expect((await there())?.status).toBe('available');
  expect((await temporaries()).filter((one) => !one.startsWith('source godwit'))).toEqual([]);
});

test('a volume that was used after it moved is told, and a commit leaves it as it is', async () => {
  const campaign = await begin({ volumes: [volume] });
  await untilState(sender, 'ready');
  // Cinder dates a record by the second.
  await sleep(1_100);
  await attached(() => Promise.resolve());
  await sender.daemon.commit({ campaign, deleteSource: true });
  const told = 'Volume archive/é was used or changed since it was frozen at the source, beside its copy at the destination.';
  await expect.poll(async () => (await sender.daemon.status()).campaigns[0]?.problem?.says, { timeout: 30_000 }).toContain(told);
  expect((await here())?.status).toBe('available');
});

test('a rollback removes the copy and leaves the source volume untouched', async () => {
  const before = await here();
  const campaign = await begin();
  await untilState(sender, 'ready');
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await volumesAt(world.destination.user)).toEqual([]);
  expect(await here()).toEqual(before);
  expect(await temporaries()).toEqual([]);
});

test('a copy is not removed while the source volume is gone: it is the only one', async () => {
  const campaign = await begin();
  await untilState(sender, 'ready');
  await world.source.user.send('DELETE', 'volumev3', `/volumes/${volume}`);
  await expect.poll(here, { timeout: 10_000 }).toBeUndefined();
  await sender.daemon.rollback({ campaign });
  await expect
    .poll(async () => (await sender.daemon.status()).campaigns[0]?.problem?.says, { timeout: 30_000 })
    .toContain('is gone at the source, so nothing of it is removed');
  expect((await there())?.status).toBe('available');
});

test('a bundle carries a volume that no server has, and says so in its version', async () => {
  const { campaign } = await sender.daemon.beginExport({ project: undefined, servers: [], volumes: [volume] });
  await untilState(sender, 'ready');
  const pieces: Buffer[] = [];
  for await (const piece of sender.daemon.bundle({ campaign }, AbortSignal.timeout(60_000))) pieces.push(piece);
  const bundle = Buffer.concat(pieces);
  expect(bundle.subarray(0, 1024).toString()).toContain('"version": 2');
  expect(await world.importBundle(bundle)).toContain('Volume archive/é is here.');
  const copy = await there();
  expect(await storedDigest(join(world.dir, 'destination'), copy?.id ?? '')).toBe(
    await storedDigest(join(world.dir, 'source'), volume),
  );
  expect((await here())?.status).toBe('available');
});

test('daemons that are killed while a volume is read and written go on, and leave nothing temporary', async () => {
  await writeInto(join(world.dir, 'source'), volume, Buffer.from('more'), 3_100_000);
  const campaign = await begin({ volumes: [volume] });
  const untilSeen = async (look: () => Promise<boolean>): Promise<void> => {
    await expect.poll(look, { timeout: 100_000, interval: 20 }).toBe(true);
  };
  await untilSeen(async () => (await volumesAt(world.source.user)).some(({ name }) => name.startsWith('godwit')));
  sender = await restarted({ world, sender });
  await untilSeen(async () => (await there()) !== undefined);
  await world.killReceiver();
  world.startReceiver();
  await untilState(sender, 'ready');
  const all = await volumesAt(world.destination.user);
  expect(all.map(({ name }) => name)).toEqual(['archive/é']);
  expect(await storedDigest(join(world.dir, 'destination'), all[0]?.id ?? '')).toBe(
    await storedDigest(join(world.dir, 'source'), volume),
  );
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await volumesAt(world.destination.user)).toEqual([]);
  expect(await temporaries()).toEqual([]);
});
