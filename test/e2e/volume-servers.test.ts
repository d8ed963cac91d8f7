import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SenderLife, untilState, type World } from '../support/in-process.ts';
import {
  addVolumeServer,
  attachmentsOf,
  type SeenVolume,
  storedDigest,
  volumeServer,
  volumeSnapshotsAt,
  volumesAt,
  writeInto,
} from '../support/shop-volumes.ts';
import { adminOf, restarted, ShopTemplate } from '../support/shop-world.ts';
import { warm } from '../support/warm.ts';

let template: ShopTemplate;
let world: World;
let sender: SenderLife;

/** A server that boots from a volume, and one that has a volume beside its own disk. */
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1'], ({ user }, state) => addVolumeServer(user, state));
}, 120_000);
afterAll(() => template.remove());

beforeEach(async () => {
  ({ world, sender } = await template.world());
}, 60_000);

const alike = ({ name, description, size, bootable, volume_type, metadata, volume_image_metadata }: SeenVolume) => ({
  name,
  description,
  size,
  bootable,
  volume_type,
  metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith('godwit_'))),
  volume_image_metadata,
});

async function digestsAt(side: 'source' | 'destination'): Promise<Record<string, string>> {
  const volumes = await volumesAt(world[side].user);
  const digests: Record<string, string> = {};
  for (const { id, name } of volumes) digests[name] = await storedDigest(join(world.dir, side), id);
  return digests;
}

async function serverAt(
  side: 'source' | 'destination',
  called = volumeServer,
): Promise<{ readonly id: string; readonly status: string }> {
  const servers = await world[side].user.list<{ id: string; name: string; status: string }>(
    'compute',
    '/servers/detail',
    'servers',
  );
  const found = servers.find(({ name }) => name === called);
  if (found === undefined) throw new Error(`There is no server ${called}.`);
  return found;
}

/** What is made only to read or to write volumes, in both clouds. */
async function temporaries(): Promise<readonly string[]> {
  const left: string[] = [];
  for (const side of ['source', 'destination'] as const) {
    const { user } = world[side];
    const images = await user.list<{ id: string; name: string; godwit_source?: string }>('image', '/images', 'images');
    left.push(
      ...images.filter(({ godwit_source = '' }) => godwit_source.endsWith('.volume')).map(({ name }) => `${side} image ${name}`),
    );
    const volumes = side === 'source' ? await volumesAt(user) : [];
    left.push(...volumes.filter(({ name }) => name.startsWith('godwit')).map(({ name }) => `${side} volume ${name}`));
    left.push(...(await volumeSnapshotsAt(user)).map(({ id }) => `${side} snapshot ${id}`));
  }
  return left;
}

/** Begins the campaign of the whole project; nothing blocks its plan. */
async function begin(edit: (plan: string) => string = (plan) => plan): Promise<string> {
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  return (await sender.daemon.migrate({ plan: edit(plan), file: 'plan.yaml', options: {} })).campaign;
}

test('a server that boots from a volume moves cold with its data volume: every byte, attribute and flag', async () => {
  const campaign = await begin();
  await untilState(sender, 'ready');
  const there = await volumesAt(world.destination.user);
  const here = await volumesAt(world.source.user);
  expect(there.map(alike)).toEqual(here.map(alike));
  expect(there.map(({ status }) => status)).toEqual(['in-use', 'in-use', 'in-use']);
  expect(await digestsAt('destination')).toEqual(await digestsAt('source'));
  const { id, status } = await serverAt('destination');
  expect(status).toBe('ACTIVE');
  expect(await attachmentsOf(world.destination.user, id)).toEqual([
    { name: 'db root', device: '/dev/vda', tag: null, delete_on_termination: true },
    { name: 'db data', device: '/dev/vdb', tag: 'data', delete_on_termination: false },
  ]);
  const web = await serverAt('destination', 'web 1');
  expect(await attachmentsOf(world.destination.user, web.id)).toEqual([
    { name: 'web data', device: '/dev/vdb', tag: 'more', delete_on_termination: true },
  ]);
  const { disks: verdicts } = await sender.daemon.verify({ campaign });
  expect(verdicts.filter(({ agrees }) => !agrees)).toEqual([]);
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const stamped = (await volumesAt(world.destination.user)).filter(({ metadata }) => 'godwit_campaign' in metadata);
  expect(stamped).toEqual([]);
  expect((await temporaries()).filter((one) => !one.startsWith('source image'))).toEqual([]);
});

test('a source is not deleted while a volume of its copy is in error at the destination', async () => {
  const campaign = await begin();
  await untilState(sender, 'ready');
  const data = (await volumesAt(world.destination.user)).find(({ name }) => name === 'db data');
  const admin = await adminOf(world.destination);
  await admin.send('POST', 'volumev3', `/volumes/${data?.id}/action`, { 'os-reset_status': { status: 'error' } });
  await sender.daemon.commit({ campaign, deleteSource: true });
  await expect
    .poll(async () => (await sender.daemon.status()).campaigns[0]?.problem?.says, { timeout: 30_000 })
    .toContain(`The volume ${data?.id} is error.`);
  expect((await serverAt('source')).status).toBe('SHUTOFF');
  expect(await volumesAt(world.source.user)).toHaveLength(3);
});

test('a server that writes into its volumes all the while moves warm, and nothing of it is lost', async () => {
  world.source.twin.faults.set([{ do: 'guest-writes', name: volumeServer, bytes: 4096, span: 1024 * 1024 }]);
  await begin(warm('now', { round_threshold_mib: 4 }));
  await untilState(sender, 'ready');
  expect(await digestsAt('destination')).toEqual(await digestsAt('source'));
});

test('a rollback leaves the source running and no volume, image or snapshot of ours in either cloud', async () => {
  const before = await volumesAt(world.source.user);
  const campaign = await begin();
  await untilState(sender, 'ready');
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await volumesAt(world.destination.user)).toEqual([]);
  expect((await volumesAt(world.source.user)).map(alike)).toEqual(before.map(alike));
  expect((await serverAt('source')).status).toBe('ACTIVE');
  expect(await temporaries()).toEqual([]);
});

test('daemons that are killed while volumes are read and written go on, and leave nothing temporary', async () => {
  await writeInto(join(world.dir, 'source'), (await volumesAt(world.source.user))[0]?.id ?? '', Buffer.from('more'), 3_100_000);
  const campaign = await begin();
  const untilSeen = async (look: () => Promise<boolean>): Promise<void> => {
    await expect.poll(look, { timeout: 100_000, interval: 20 }).toBe(true);
  };
  await untilSeen(async () => (await volumesAt(world.source.user)).some(({ name }) => name.startsWith('godwit')));
  sender = await restarted({ world, sender });
  await untilSeen(async () => (await volumesAt(world.destination.user)).length > 0);
  await world.killReceiver();
  world.startReceiver();
  await untilState(sender, 'ready');
  expect(await volumesAt(world.destination.user)).toHaveLength(3);
  expect(await digestsAt('destination')).toEqual(await digestsAt('source'));
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await volumesAt(world.destination.user)).toEqual([]);
  expect(await temporaries()).toEqual([]);
});
