import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { newImage } from '../../../../../../shared/cloud/openstack/stamp.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';
import { aVolumeOf, untilStatus } from '../a-volume-server.ts';

test('an image of the project that was made twice is swept away, also one that was a snapshot, and a user’s snapshot of it stays', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const patience = { timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) };
  const ref = refOf('image', crypto.randomUUID());
  const made = async (more: object): Promise<string> => {
    const body = { name: 'a snapshot', image_type: 'snapshot', ...newImage(campaign.id, ref), ...more };
    return (await hand.ask<{ id: string }>('POST', 'image', '/images', body)).id;
  };
  const kept = await made({});
  const late = [await made({}), await made({ os_hidden: true })];
  const users = await made({ id: crypto.randomUUID(), instance_uuid: crypto.randomUUID() });
  expect(await campaign.cloud.sweep(campaign.id, new Map([[ref, kept]]), patience)).toBe(late.length);
  const { images } = await hand.ask<{ images: { id: string; name: string }[] }>('GET', 'image', '/images?limit=200');
  const left = images.filter(({ name }) => name === 'a snapshot').map(({ id }) => id);
  expect(left.toSorted()).toEqual([kept, users].toSorted());
});

test('an image that a user made of a volume of our image has our stamp, stays with every removal, and moves on', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const patience = { timeoutMs: 10_000, signal: AbortSignal.timeout(20_000) };
  const disk = campaign.tenant.get('disk');
  const ref = refOf('disk', disk.id);
  const { id } = await campaign.ensure(disk);
  const volume = await aVolumeOf(hand, { imageRef: id });
  const upload = { image_name: 'golden', disk_format: 'raw', container_format: 'bare' };
  await hand.ask('POST', 'volume', `/volumes/${volume}/action`, { 'os-volume_upload_image': upload });
  await untilStatus(hand, 'volume', `/volumes/${volume}`, 'volume', 'available');
  const named = async () => {
    const { images } = await hand.ask<{ images: { name: string; godwit_source?: string }[] }>('GET', 'image', '/images');
    return images.filter(({ name }) => name === 'golden').map(({ godwit_source }) => godwit_source);
  };
  expect(await named()).toEqual([ref]);
  expect(await campaign.cloud.sweep(campaign.id, new Map([[ref, id]]), patience)).toBe(0);
  expect(await campaign.cloud.find(disk, campaign.context(disk))).toBe(id);
  expect(await campaign.cloud.remove(ref, id, campaign.id, patience)).toBe(true);
  expect(await campaign.cloud.find(disk, campaign.context(disk))).toBeNull();
  expect(await named()).toEqual([ref]);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document } = await source.inventory({ servers: [] }, patience.signal);
  expect(document.images.map(({ name }) => name)).toContain('golden');
});
