import { expect, test } from 'vitest';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../support/build.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

test('a property that a document calls like an attribute of Glance is none: the image is its project’s', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const hand = await aHand(twin, 'admin');
  const bytes = Buffer.from('an image');
  const image = aResource('image', {
    id: crypto.randomUUID(),
    name: 'planted',
    disk_id: 'a disk',
    disk_format: 'raw',
    container_format: 'bare',
    properties: { owner: 'of somebody else', hw_disk_bus: 'scsi', instance_uuid: crypto.randomUUID() },
  });
  const disk = { size: bytes.length, read: async () => bytes, close: async () => undefined };
  const context = { ...campaign.context(image), disk };
  await campaign.cloud.ensure(image, context);
  const ref = refOf('image', image.id);
  const { images } = await hand.ask<{ images: { name: string; owner: string }[] }>('GET', 'image', '/images?name=planted');
  const { projectId } = await (await aHand(twin, 'admin', 'demo')).session.token(AbortSignal.timeout(10_000));
  expect(images.map(({ owner }) => owner)).toEqual([projectId]);
  const id = await campaign.cloud.find(image, context);
  expect(await campaign.cloud.remove(ref, id ?? '', campaign.id, { timeoutMs: 10_000, signal: context.signal })).toBe(true);
});
