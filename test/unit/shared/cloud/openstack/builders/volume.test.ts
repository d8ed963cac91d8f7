import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { BuildContext } from '../../../../../../shared/cloud/destination-cloud.ts';
import { OpenStackSettings } from '../../../../../../shared/cloud/openstack/account/config.ts';
import { OpenStackDestination } from '../../../../../../shared/cloud/openstack/destination.ts';
import { newImage } from '../../../../../../shared/cloud/openstack/stamp.ts';
import type { BlockSource } from '../../../../../../shared/disk/block-source.ts';
import { noMappings } from '../../../../../../shared/model/mappings.ts';
import { type Ref, type ResourceOf, refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aFolder } from '../../../../../support/folder.ts';
import { storedDigest, writeInto } from '../../../../../support/shop-volumes.ts';
import type { Twin, TwinOptions } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';
import { aVolumeOf } from '../a-volume-server.ts';

const size = 4 * 1024 * 1024;
const marker = Buffer.from('godwit');
const markedAt = 3_000_000;

/** A disk: zeros, but for a few bytes far behind. */
function aDisk(): BlockSource {
  const block = 65_536;
  const from = markedAt - (markedAt % block);
  return {
    size,
    read: async (offset, length, into) => {
      const bytes = (into ?? Buffer.alloc(length)).subarray(0, length).fill(0);
      if (markedAt >= offset && markedAt < offset + length) marker.copy(bytes, markedAt - offset);
      return bytes;
    },
    async *extents() {
      yield { offset: 0, length: from, zero: true };
      yield { offset: from, length: block, zero: false };
      yield { offset: from + block, length: size - from - block, zero: true };
    },
    close: async () => undefined,
  };
}

interface VolumeCampaign {
  readonly twin: Twin;
  readonly stateDir: string;
  readonly hand: Hand;
  readonly cloud: OpenStackDestination;
  readonly volume: ResourceOf<'volume'>;
  readonly ref: Ref;
  readonly context: BuildContext;
}

async function aVolumeCampaign(
  fields: Partial<ResourceOf<'volume'>> = {},
  options: Partial<TwinOptions> = {},
  settings: object = {},
): Promise<VolumeCampaign> {
  const stateDir = join(await aFolder(), 'cloud');
  const twin = await aFurnishedTwin({ stateDir, ...options });
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, 'demo'), OpenStackSettings.parse(settings));
  onTestFinished(() => cloud.close());
  const id = crypto.randomUUID();
  const disk = aResource('disk', {
    id: `${id}.volume`,
    name: 'data',
    server_id: crypto.randomUUID(),
    volume_id: id,
    min_disk: 1,
  });
  const volume = aResource('volume', { id, name: 'data', disk_id: disk.id, size: 1, volume_type: '__DEFAULT__', ...fields });
  const context: BuildContext = {
    campaign: crypto.randomUUID(),
    mappings: noMappings,
    timeoutMs: 30_000,
    signal: AbortSignal.timeout(60_000),
    built: (ref) => {
      throw new Error(`${ref} is not built`);
    },
    resource: (ref) => (ref === refOf('disk', disk.id) ? disk : volume),
    resources: () => [disk, volume],
    disk: aDisk(),
  };
  return { twin, stateDir, hand: await aHand(twin), cloud, volume, ref: refOf('volume', id), context };
}

interface HeldVolume {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly volume_image_metadata: Readonly<Record<string, string>>;
}

async function imagesAt(hand: Hand): Promise<number> {
  return (await hand.ask<{ images: unknown[] }>('GET', 'image', '/images')).images.length;
}

async function volumesAt(hand: Hand): Promise<number> {
  return (await hand.ask<{ volumes: unknown[] }>('GET', 'volume', '/volumes')).volumes.length;
}

const patience = () => ({ timeoutMs: 20_000, signal: AbortSignal.timeout(30_000) });

test('a volume is built with all its attributes and the bytes of the disk, and its image goes away', async () => {
  const { cloud, volume, context, hand, stateDir, ref } = await aVolumeCampaign({
    description: 'for the shop',
    metadata: { tier: 'two' },
    image_metadata: { hw_disk_bus: 'scsi', image_id: 'an image of the source', min_ram: '64' },
    read_only: true,
    availability_zone: 'nova',
  });
  const built = await cloud.ensure(volume, context);
  expect(built.how).toBe('created');
  expect(await cloud.differences(volume, built.id, context)).toEqual({ fatal: [], told: [] });
  const shown = await hand.ask<{ volume: Record<string, unknown> }>('GET', 'volume', `/volumes/${built.id}`);
  expect(shown.volume['volume_image_metadata']).toEqual(volume.image_metadata);
  expect(shown.volume['metadata']).toMatchObject({ tier: 'two', readonly: 'True', godwit_source: ref });
  expect(await imagesAt(hand)).toBe(0);
  const plain = await aVolumeOf(hand, {});
  await writeInto(stateDir, plain, marker, markedAt);
  expect(await storedDigest(stateDir, built.id)).toBe(await storedDigest(stateDir, plain));
  expect(await cloud.ensure(volume, context)).toMatchObject({ id: built.id, how: 'found' });
  await cloud.unstamp(ref, built.id, context.campaign, patience());
  await expect(cloud.remove(ref, built.id, context.campaign, patience())).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
});

test('a volume that several servers may have becomes one by its type, and one of another type is told', async () => {
  const { cloud, volume, context, hand, twin } = await aVolumeCampaign({ volume_type: 'shared', multiattach: true });
  const admin = await aHand(twin, 'admin', 'demo');
  const volume_type = { name: 'shared', extra_specs: { multiattach: '<is> True' } };
  await admin.ask('POST', 'volume', '/types', { volume_type });
  const built = await cloud.ensure(volume, context);
  expect(await cloud.differences(volume, built.id, context)).toEqual({ fatal: [], told: [] });
  const shown = await hand.ask<{ volume: object }>('GET', 'volume', `/volumes/${built.id}`);
  expect(shown.volume).toMatchObject({ multiattach: true });
  const single = await aVolumeCampaign({ multiattach: true });
  const other = await single.cloud.ensure(single.volume, single.context);
  const differences = await single.cloud.differences(single.volume, other.id, single.context);
  expect(differences).toEqual({ fatal: [], told: ['multiattach is false, not true'] });
});

test('a volume lies in the zone that the plan names for its server, which a cloud may refuse it otherwise', async () => {
  const zones = { volumeZones: ['west', 'nova'], crossZones: false };
  const { cloud, volume, context, hand } = await aVolumeCampaign({ availability_zone: 'west', bootable: true }, zones);
  const { server_id } = context.resource(refOf('disk', volume.disk_id)) as ResourceOf<'disk'>;
  const mappings = { ...noMappings, servers: { [server_id]: { availability_zone: 'nova' } } };
  const placed = { ...context, mappings };
  const built = await cloud.ensure(volume, placed);
  expect(await cloud.differences(volume, built.id, placed)).toEqual({ fatal: [], told: [] });
  const { flavors } = await hand.ask<{ flavors: { id: string }[] }>('GET', 'compute', '/flavors');
  const device = { uuid: built.id, source_type: 'volume', destination_type: 'volume', boot_index: 0 };
  const server = { name: 'db', flavorRef: flavors[0]?.id, networks: 'none', availability_zone: 'nova' };
  const body = { server: { ...server, block_device_mapping_v2: [device] } };
  expect(await hand.ask('POST', 'compute', '/servers', body)).toMatchObject({ server: { id: expect.any(String) } });
});

test('nothing is made twice although every answer of a creation is lost, and a rollback leaves nothing', async () => {
  const { cloud, volume, context, hand, twin, ref } = await aVolumeCampaign({ image_metadata: { hw_disk_bus: 'scsi' } });
  twin.faults.set([
    { do: 'lost-answer', match: { service: 'image', method: 'POST', path: '/images$' }, times: 1 },
    { do: 'lost-answer', match: { service: 'volume', method: 'POST', path: '/volumes$' }, times: 1 },
    { do: 'lost-answer', match: { service: 'volume', method: 'POST', path: '/action$' }, times: 2 },
  ]);
  const built = await cloud.ensure(volume, context);
  expect([await volumesAt(hand), await imagesAt(hand)]).toEqual([1, 0]);
  expect(await cloud.find(volume, context)).toBe(built.id);
  expect(await cloud.differences(volume, built.id, context)).toEqual({ fatal: [], told: [] });
  expect(await cloud.remove(ref, built.id, context.campaign, patience())).toBe(true);
  expect(await cloud.remove(ref, built.id, context.campaign, patience())).toBe(false);
  expect([await volumesAt(hand), await imagesAt(hand)]).toEqual([0, 0]);
});

test('on Ceph a volume keeps its raw image, which is told, left by a sweep, and deleted after the volume', async () => {
  const ceph = { clonesImages: true };
  const { cloud, volume, context, hand, ref } = await aVolumeCampaign({}, ceph, { disk_format: 'raw' });
  const built = await cloud.ensure(volume, context);
  expect([await volumesAt(hand), await imagesAt(hand)]).toEqual([1, 1]);
  expect((await cloud.differences(volume, built.id, context)).told.join()).toContain('image that it depends on');
  expect(await cloud.sweep(context.campaign, new Map([[ref, built.id]]), patience())).toBe(0);
  expect(await cloud.ensure(volume, context)).toMatchObject({ id: built.id, how: 'found' });
  expect(await cloud.remove(ref, built.id, context.campaign, patience())).toBe(true);
  expect([await volumesAt(hand), await imagesAt(hand)]).toEqual([0, 0]);
});

test('a volume whose bytes are not those of the disk is found by reading it back, and deleted', async () => {
  const { cloud, volume, context, hand, stateDir, twin } = await aVolumeCampaign();
  twin.faults.set([{ do: 'delay', ms: 500, match: { service: 'volume', method: 'POST', body: 'upload_image' } }]);
  const building = cloud.ensure(volume, context);
  const spoil = async (): Promise<void> => {
    const { volumes } = await hand.ask<{ volumes: { id: string; status: string }[] }>('GET', 'volume', '/volumes/detail');
    for (const { id, status } of volumes) if (status === 'available') await writeInto(stateDir, id, Buffer.from('x'), 1_000_000);
  };
  // The last request may outlive the test, and its hand.
  const timer = setInterval(() => void spoil().catch(() => undefined), 50);
  onTestFinished(() => clearInterval(timer));
  await expect(building).rejects.toMatchObject({ code: 'E_IMAGE_MISMATCH' });
  expect(await volumesAt(hand)).toBe(0);
});

test('a volume is read back although its cloud hides the image metadata', async () => {
  const { cloud, volume, context, hand, stateDir, twin } = await aVolumeCampaign();
  twin.faults.set([{ do: 'status', status: 400, match: { service: 'volume', method: 'POST', body: 'upload_image' }, times: 1 }]);
  await expect(cloud.ensure(volume, context)).rejects.toMatchObject({ code: 'E_CLOUD_REFUSED' });
  const { volumes } = await hand.ask<{ volumes: HeldVolume[] }>('GET', 'volume', '/volumes/detail');
  const [made] = volumes;
  if (made === undefined) throw new Error('no volume was made');
  expect(made.metadata).toHaveProperty('godwit_unchecked');
  for (const key of Object.keys(made.volume_image_metadata))
    await hand.ask('POST', 'volume', `/volumes/${made.id}/action`, { 'os-unset_image_metadata': { key } });
  await writeInto(stateDir, made.id, Buffer.from('x'), 1_000_000);
  await expect(cloud.ensure(volume, context)).rejects.toMatchObject({ code: 'E_IMAGE_MISMATCH' });
  const { id } = await cloud.ensure(volume, context);
  const shown = await hand.ask<{ volume: HeldVolume }>('GET', 'volume', `/volumes/${id}`);
  expect(shown.volume.metadata).not.toHaveProperty('godwit_unchecked');
});

test('a creation that was cut is gone on with, and its image and its volume are swept where it is not', async () => {
  const { cloud, volume, context, hand, twin, ref } = await aVolumeCampaign();
  twin.faults.set([{ do: 'status', status: 400, match: { service: 'volume', method: 'POST', body: 'upload_image' }, times: 1 }]);
  await expect(cloud.ensure(volume, context)).rejects.toMatchObject({ code: 'E_CLOUD_REFUSED' });
  expect([await volumesAt(hand), await imagesAt(hand)]).toEqual([1, 1]);
  const built = await cloud.ensure(volume, context);
  expect([built.how, await volumesAt(hand), await imagesAt(hand)]).toEqual(['found', 1, 0]);
  const metadata = { godwit_campaign: context.campaign, godwit_source: ref };
  await aVolumeOf(hand, { metadata: { ...metadata, godwit_unchecked: '1' } });
  await hand.store(newImage(context.campaign, refOf('disk', volume.disk_id)), Buffer.from('late'));
  expect(await cloud.sweep(context.campaign, new Map([[ref, built.id]]), patience())).toBe(2);
  expect([await volumesAt(hand), await imagesAt(hand)]).toEqual([1, 0]);
});

test('a backup of a volume that its owner restored has our stamp, and is never deleted', async () => {
  const { cloud, volume, context, hand, ref } = await aVolumeCampaign();
  const built = await cloud.ensure(volume, context);
  const { volume: shown } = await hand.ask<{ volume: HeldVolume }>('GET', 'volume', `/volumes/${built.id}`);
  const restored = await aVolumeOf(hand, { name: 'restored', metadata: shown.metadata });
  expect(await cloud.ensure(volume, context)).toMatchObject({ id: built.id, how: 'found' });
  expect(await cloud.sweep(context.campaign, new Map([[ref, built.id]]), patience())).toBe(0);
  expect(await cloud.remove(ref, built.id, context.campaign, patience())).toBe(true);
  const { volumes } = await hand.ask<{ volumes: HeldVolume[] }>('GET', 'volume', '/volumes');
  expect(volumes.map(({ id }) => id)).toEqual([restored]);
});
