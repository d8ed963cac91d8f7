import { expect, test } from 'vitest';
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

test('snapshots that may not be listed are said to be unread, and stop no volume', async () => {
  const source = await aSourceWithVolumes();
  source.twin.faults.set([{ do: 'status', status: 403, match: { service: 'volume', path: '/snapshots/detail' } }]);
  const { document, concerns } = await source.capture();
  expect(document.volumes.map(({ id }) => id)).toEqual([source.root, source.data]);
  expect(concerns.find(({ code }) => code === 'left_behind.unread')?.says).toContain('volume snapshots');
});

test('of more volumes and snapshots than one page holds all are told', async () => {
  const source = await aSourceWithVolumes({ pageSize: 2 });
  for (const name of ['1', '2', '3', '4', '5']) await aSnapshotOf(source, source.data, name);
  expect((await staying(source))[0]?.says).toContain('(5): 1, 2, 3, 4, 5.');
});
