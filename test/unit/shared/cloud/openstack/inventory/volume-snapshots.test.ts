import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { snapshotVolumesOf } from '../../../../../../shared/model/snapshot-volumes.ts';
import { aResource } from '../../../../../support/build.ts';
import { writeInto } from '../../../../../support/shop-volumes.ts';
import { signal } from '../a-source.ts';
import { aSourceWithVolumes, aVolumeOf, untilStatus } from '../a-volume-server.ts';

type Source = Awaited<ReturnType<typeof aSourceWithVolumes>>;

/** Makes a snapshot of a volume, and waits until it has a status. */
async function aSnapshotOf({ hand }: Pick<Source, 'hand'>, volume_id: string, name: string, status = 'available') {
  const asked = { snapshot: { volume_id, name, force: true } };
  const { snapshot } = await hand.ask<{ snapshot: { id: string } }>('POST', 'volume', '/snapshots', asked);
  await untilStatus(hand, 'volume', `/snapshots/${snapshot.id}`, 'snapshot', status);
  return snapshot.id;
}

const staying = async (source: Source) =>
  (await source.capture()).concerns.filter(({ code }) => code === 'left_behind.volume_snapshots');

/** A capture that makes volumes of snapshots. */
const flattened = ({ cloud }: Source) => cloud.inventory({ servers: [], withVolumeSnapshots: true }, signal());

test('snapshots are told beside their volume that moves, each with its name and an odd state', async () => {
  const source = await aSourceWithVolumes();
  const archive = await aVolumeOf(source.hand, { name: 'an archive' });
  await aSnapshotOf(source, source.data, 'monday');
  source.twin.faults.set([{ do: 'volume-error', name: 'tuesday' }]);
  await aSnapshotOf(source, source.data, 'tuesday', 'error');
  await aSnapshotOf(source, archive, 'of last year');
  const told = await staying(source);
  expect(told.map(({ about, says }) => `${about}: ${says}`).sort()).toEqual(
    [
      `volume/${source.data}: Volume data moves, and its snapshots stay with it at the source (2): monday, tuesday (error).`,
      `volume/${archive}: Volume an archive moves, and its snapshots stay with it at the source (1): of last year.`,
    ].sort(),
  );
});

test('snapshots of a volume that does not move are told with its name', async () => {
  const source = await aSourceWithVolumes();
  const given = await aVolumeOf(source.hand, { name: 'a gift' });
  await aSnapshotOf(source, given, 'wrapped');
  await source.hand.ask('POST', 'volume', '/os-volume-transfer', { transfer: { volume_id: given } });
  const [told, ...others] = await staying(source);
  expect(told).toMatchObject({ says: 'The project has snapshots of volumes that do not move (1): wrapped of a gift.' });
  expect(told?.about).toBeUndefined();
  expect(others).toEqual([]);
});

test('snapshots that may not be listed are said to be unseen, and stop no volume', async () => {
  const source = await aSourceWithVolumes();
  source.twin.faults.set([{ do: 'status', status: 403, match: { service: 'volume', path: '/snapshots/detail' } }]);
  const { document, concerns } = await source.capture();
  expect(document.volumes.map(({ id }) => id)).toEqual([source.root, source.data]);
  expect(concerns.map(({ code }) => code)).toContain('volume.snapshot_unseen');
});

test('of more volumes and snapshots than one page holds all are told', async () => {
  const source = await aSourceWithVolumes({ pageSize: 2 });
  for (const name of ['1', '2', '3', '4', '5']) await aSnapshotOf(source, source.data, name);
  expect((await staying(source))[0]?.says).toContain('(5): 1, 2, 3, 4, 5.');
});

test('a snapshot becomes a volume with what it has itself, and what Cinder gives it of its volume', async () => {
  const source = await aSourceWithVolumes();
  const monday = await aSnapshotOf(source, source.root, 'monday');
  const { document, concerns } = await flattened(source);
  const [volume] = snapshotVolumesOf(document);
  expect(volume).toMatchObject({
    id: `${monday}.snapshot`,
    disk_id: `${monday}.snapshot.volume`,
    name: 'root (snapshot monday)',
    size: 1,
    bootable: true,
    volume_type: '__DEFAULT__',
    image_metadata: { hw_disk_bus: 'scsi' },
    metadata: { godwit_snapshot: monday, godwit_snapshot_of: source.root },
  });
  const disk = document.disks.find(({ id }) => id === volume?.disk_id);
  expect(disk).toMatchObject({ server_id: volume?.id, volume_id: volume?.id });
  const told = concerns.find(({ code }) => code === 'volume.snapshot_flattened');
  expect(told).toMatchObject({ about: `volume/${source.root}`, says: expect.stringContaining('(1): monday.') });
});

test('a snapshot that failed stays, and so does one of a volume that does not move; the others become volumes', async () => {
  const source = await aSourceWithVolumes();
  source.twin.faults.set([{ do: 'volume-error', name: 'tuesday' }]);
  await aSnapshotOf(source, source.data, 'tuesday', 'error');
  await aSnapshotOf(source, source.data, 'wednesday');
  const given = await aVolumeOf(source.hand, { name: 'a gift' });
  await aSnapshotOf(source, given, 'wrapped');
  await source.hand.ask('POST', 'volume', '/os-volume-transfer', { transfer: { volume_id: given } });
  const { document, concerns } = await flattened(source);
  expect(snapshotVolumesOf(document).map(({ name }) => name)).toEqual(['data (snapshot wednesday)']);
  const left = concerns.filter(({ code }) => code === 'left_behind.volume_snapshots').map(({ says }) => says);
  expect(left).toEqual([expect.stringContaining('(1): tuesday (error).'), expect.stringContaining('(1): wrapped of a gift.')]);
});

test('a snapshot is read from a volume that is made of it, and is never written or deleted', async () => {
  const source = await aSourceWithVolumes();
  const monday = await aSnapshotOf(source, source.data, 'monday');
  await writeInto(source.stateDir, source.data, Buffer.from('later'), 3_456_789);
  const disk = (await flattened(source)).document.disks.find(({ volume_id }) => volume_id === `${monday}.snapshot`);
  if (disk === undefined) throw new Error('the snapshot has no disk');
  const before = await source.hand.ask('GET', 'volume', `/snapshots/${monday}`);
  const patience = { timeoutMs: 30_000, signal: AbortSignal.timeout(30_000) };
  const stamp = { campaign: randomUUID(), attempt: 1 };
  const frozen = await source.cloud.freeze({ kind: 'disk', ...disk }, stamp, patience);
  const path = join(source.stateDir, 'images', frozen.id);
  expect((await readFile(path)).subarray(3_456_789, 3_456_795).toString()).toBe('godwit');
  expect(await source.hand.ask('GET', 'volume', `/snapshots/${monday}`)).toEqual(before);
  const { volumes } = await source.hand.ask<{ volumes: { id: string }[] }>('GET', 'volume', '/volumes');
  expect(volumes.map(({ id }) => id).sort()).toEqual([source.root, source.data].sort());
});

test('a snapshot that is gone is not found, and one that failed is not free and is not read', async () => {
  const source = await aSourceWithVolumes();
  const monday = await aSnapshotOf(source, source.data, 'monday');
  const state = (id: string) => source.cloud.loneState('volume', `${id}.snapshot`, signal());
  expect(await state(monday)).toMatchObject({ isFree: true, word: 'available' });
  source.twin.faults.set([{ do: 'volume-error', name: 'tuesday' }]);
  const tuesday = await aSnapshotOf(source, source.data, 'tuesday', 'error');
  expect(await state(tuesday)).toMatchObject({ isFree: false, word: 'error' });
  const patience = { timeoutMs: 30_000, signal: signal() };
  const id = `${tuesday}.snapshot`;
  const disk = aResource('disk', { id: `${id}.volume`, server_id: id, volume_id: id });
  const frozen = source.cloud.freeze(disk, { campaign: randomUUID(), attempt: 1 }, patience);
  await expect(frozen).rejects.toMatchObject({ code: 'E_SERVER_STATE' });
  const gone = source.cloud.loneState('volume', 'none.snapshot', signal());
  await expect(gone).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
});
