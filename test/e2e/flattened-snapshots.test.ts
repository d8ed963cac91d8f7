import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SenderLife, untilState, type World } from '../support/in-process.ts';
import {
  addLoneVolume,
  addVolumeSnapshot,
  type SeenVolume,
  snapshotDigest,
  storedDigest,
  volumeSnapshotsAt,
  volumesAt,
  writeInto,
} from '../support/shop-volumes.ts';
import { ShopTemplate } from '../support/shop-world.ts';

let template: ShopTemplate;
let world: World;
let sender: SenderLife;
let volume: string;
let monday: string;
let tuesday: string;

/** A shop of one server, and a volume that no server has, of which two days have a snapshot. */
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1'], async ({ user }, state) => {
    volume = await addLoneVolume(user, state);
    monday = await addVolumeSnapshot(user, volume, { name: 'monday/é', description: 'before', metadata: { by: 'cron' } });
    await writeInto(state, volume, Buffer.from('what came on tuesday'), 1_200_000);
    tuesday = await addVolumeSnapshot(user, volume, { name: 'tuesday' });
    await writeInto(state, volume, Buffer.from('what came after it'), 800_000);
  });
}, 120_000);
afterAll(() => template.remove());

beforeEach(async () => {
  ({ world, sender } = await template.world());
}, 60_000);

const named = (snapshot: string): string => `archive/é (snapshot ${snapshot})`;

async function there(name: string): Promise<SeenVolume | undefined> {
  return (await volumesAt(world.destination.user)).find((one) => one.name === name);
}

/** The plan of the whole project, which makes volumes of snapshots. */
async function flatteningPlan(): Promise<string> {
  const { plan, concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  const staying = concerns.find(({ code }) => code === 'left_behind.volume_snapshots');
  expect(staying?.says).toContain('(2): monday/é, tuesday.');
  expect(plan).toContain('volume_snapshots: leave');
  return plan.replace('volume_snapshots: leave', 'volume_snapshots: flatten');
}

async function begin(): Promise<string> {
  const { campaign, concerns } = await sender.daemon.migrate({ plan: await flatteningPlan(), file: 'plan.yaml', options: {} });
  const told = concerns.filter(({ code }) => code === 'volume.snapshot_flattened').map(({ says }) => says);
  expect(told).toEqual([expect.stringContaining('(2): monday/é, tuesday.')]);
  expect(concerns.map(({ code }) => code)).not.toContain('left_behind.volume_snapshots');
  return campaign;
}

test('each snapshot becomes a volume of its own, with its bytes; the snapshots stay as they are', async () => {
  const before = await volumeSnapshotsAt(world.source.user);
  const campaign = await begin();
  await untilState(sender, 'ready');
  const all = [
    { id: monday, name: named('monday/é'), description: 'before', metadata: { by: 'cron' } },
    { id: tuesday, name: named('tuesday'), description: null, metadata: {} },
  ];
  for (const { id, name, description, metadata } of all) {
    const copy = await there(name);
    expect(copy).toMatchObject({
      status: 'available',
      size: 1,
      bootable: 'true',
      volume_image_metadata: { hw_disk_bus: 'scsi' },
    });
    expect(copy?.description ?? null).toBe(description);
    expect(copy?.metadata).toMatchObject({ ...metadata, godwit_snapshot: id, godwit_snapshot_of: volume });
    expect(await storedDigest(join(world.dir, 'destination'), copy?.id ?? '')).toBe(
      await snapshotDigest(join(world.dir, 'source'), id),
    );
  }
  const own = await there('archive/é');
  expect(await storedDigest(join(world.dir, 'destination'), own?.id ?? '')).toBe(
    await storedDigest(join(world.dir, 'source'), volume),
  );
  const { disks, comparison } = await sender.daemon.verify({ campaign });
  expect(comparison?.worst).toBeNull();
  expect(disks.map(({ name, agrees }) => ({ name, agrees }))).toContainEqual({ name: named('tuesday'), agrees: true });
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  expect((await there(named('monday/é')))?.metadata).toEqual({ by: 'cron', godwit_snapshot: monday, godwit_snapshot_of: volume });
  expect(await volumeSnapshotsAt(world.source.user)).toEqual(before);
  expect((await volumesAt(world.source.user)).map(({ id }) => id)).toEqual([volume]);
});

test('a rollback removes what snapshots became, and leaves these as they are', async () => {
  const before = await volumeSnapshotsAt(world.source.user);
  const campaign = await begin();
  await untilState(sender, 'ready');
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await volumesAt(world.destination.user)).toEqual([]);
  expect(await volumeSnapshotsAt(world.source.user)).toEqual(before);
  expect((await volumesAt(world.source.user)).map(({ id }) => id)).toEqual([volume]);
});

test('a commit that deletes the sources keeps the snapshots and their volume, and names them', async () => {
  const before = await volumeSnapshotsAt(world.source.user);
  const campaign = await begin();
  await untilState(sender, 'ready');
  await sender.daemon.commit({ campaign, deleteSource: true });
  const told = 'Volume archive/é has snapshots at the source, and is not deleted: monday/é, tuesday.';
  await expect.poll(async () => (await sender.daemon.status()).campaigns[0]?.problem?.says, { timeout: 90_000 }).toContain(told);
  expect(await volumeSnapshotsAt(world.source.user)).toEqual(before);
  expect((await volumesAt(world.source.user)).map(({ id }) => id)).toEqual([volume]);
  expect((await volumesAt(world.destination.user)).map(({ name }) => name)).toHaveLength(3);
});

test('a snapshot that is deleted before its move stops its own move, and no other', async () => {
  // The server and two volumes move before.
  const campaign = await begin();
  await world.source.user.send('DELETE', 'volumev3', `/snapshots/${tuesday}`);
  await untilState(sender, 'failed');
  const report = await sender.daemon.report({ campaign });
  const states = Object.fromEntries(report.moves.map(({ name, state }) => [name, state]));
  expect(states).toEqual({
    'web 1': 'moved',
    'archive/é': 'moved',
    [named('monday/é')]: 'moved',
    [named('tuesday')]: 'failed',
  });
  expect(report.problems[0]?.says).toContain(`There is no snapshot ${tuesday}`);
});

test('a snapshot that is made after the start is told at the end, and nothing is made of it', async () => {
  const campaign = await begin();
  const late = await addVolumeSnapshot(world.source.user, volume, { name: 'late' });
  await untilState(sender, 'ready');
  const { changes } = await sender.daemon.report({ campaign });
  expect(changes?.changed).toEqual([`volume ${late}.snapshot: is new at the source since the capture, in volume/${volume}`]);
  expect(await there(named('late'))).toBeUndefined();
});

async function blockingOf(plan: string): Promise<readonly string[]> {
  const { concerns } = await sender.daemon.checkPlan({ plan, file: 'plan.yaml' });
  const blocking = concerns.filter(({ severity }) => severity === 'blocking');
  return blocking.map(({ code }) => code).sort();
}

test('a destination without room for what snapshots become blocks the plan', async () => {
  const plan = await flatteningPlan();
  world.destination.twin.faults.set([{ do: 'quota', service: 'volume', set: { volumes: 2, gigabytes: 2 } }]);
  await expect(sender.daemon.migrate({ plan, file: 'plan.yaml', options: {} })).rejects.toMatchObject({ code: 'E_BLOCKED' });
  expect(await blockingOf(plan)).toEqual(['quota.gigabytes', 'quota.volumes']);
  expect(await blockingOf(plan.replace(/^ {2}volume_snapshots: flatten$/m, '  volume_snapshots: leave'))).toEqual([]);
});
