import { expect, onTestFinished, test } from 'vitest';
import { OpenStackRetirement } from '../../../../../../shared/cloud/openstack/retirement.ts';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { snapshotStamp } from '../../../../../../shared/cloud/openstack/stamp.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';
import { signal } from '../a-source.ts';
import { aVolumeOf, untilStatus } from '../a-volume-server.ts';

const campaign = crypto.randomUUID();

/** A source with a hand of its owner. */
async function aSource() {
  const twin = await aFurnishedTwin();
  const cloud = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  const captured = async (): Promise<string[]> => {
    const { document } = await cloud.inventory({ servers: [], withoutImages: true }, signal());
    return document.volumes.map(({ id }) => id).sort();
  };
  return { twin, cloud, hand: await aHand(twin), captured };
}

/** Restores a backup of a volume into a new one; returns its id. */
async function restored(hand: Hand, volume_id: string): Promise<string> {
  const { backup } = await hand.ask<{ backup: { id: string } }>('POST', 'volume', '/backups', { backup: { volume_id } });
  const { restore } = await hand.ask<{ restore: { volume_id: string } }>('POST', 'volume', `/backups/${backup.id}/restore`, {
    restore: {},
  });
  await untilStatus(hand, 'volume', `/volumes/${restore.volume_id}`, 'volume', 'available');
  return restore.volume_id;
}

async function metadataOf(hand: Hand, id: string): Promise<Readonly<Record<string, string>>> {
  const { volume } = await hand.ask<{ volume: { metadata: Record<string, string> } }>('GET', 'volume', `/volumes/${id}`);
  return volume.metadata;
}

test('a backup of a moved volume that its owner restores is captured, for its mark names another volume', async () => {
  const { twin, hand, captured } = await aSource();
  const moved = await aVolumeOf(hand, { name: 'archive' });
  const retirement = new OpenStackRetirement(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => retirement.close());
  const { volume } = await hand.ask<{ volume: { updated_at: string } }>('GET', 'volume', `/volumes/${moved}`);
  await retirement.retireVolume(moved, { campaign, generation: volume.updated_at }, signal());
  const copy = await restored(hand, moved);
  expect(await metadataOf(hand, copy)).toEqual(await metadataOf(hand, moved));
  expect(await captured()).toEqual([copy]);
});

test('a backup of what read a volume is its owner’s once it is restored: captured, never used and never deleted', async () => {
  const { cloud, hand, captured } = await aSource();
  const data = await aVolumeOf(hand, { name: 'data' });
  const metadata = snapshotStamp({ campaign, attempt: 1, round: 0 }, 'disk/d');
  const temporary = await aVolumeOf(hand, { name: 'godwit-d', source_volid: data, metadata });
  const copy = await restored(hand, temporary);
  expect(await metadataOf(hand, copy)).toEqual(metadata);
  expect((await cloud.snapshots(campaign, signal())).map(({ id }) => id)).toEqual([`cinder-volume/${temporary}`]);
  await expect(cloud.release(`cinder-volume/${copy}`, campaign, signal())).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  expect(await captured()).toEqual([copy, data].sort());
});
