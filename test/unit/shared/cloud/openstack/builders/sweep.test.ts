import { expect, test } from 'vitest';
import { imageStamp } from '../../../../../../shared/cloud/openstack/stamp.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

test('an image of the project that was made twice is swept away, also one that was a snapshot, and a user’s snapshot of it stays', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const patience = { timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) };
  const ref = refOf('image', crypto.randomUUID());
  const made = async (more: object): Promise<string> => {
    const body = { name: 'a snapshot', image_type: 'snapshot', ...imageStamp(campaign.id, ref), ...more };
    return (await hand.ask<{ id: string }>('POST', 'image', '/images', body)).id;
  };
  const kept = await made({});
  const late = [await made({}), await made({ os_hidden: true })];
  const users = await made({ instance_uuid: crypto.randomUUID() });
  expect(await campaign.cloud.sweep(campaign.id, new Map([[ref, kept]]), patience)).toBe(late.length);
  const { images } = await hand.ask<{ images: { id: string; name: string }[] }>('GET', 'image', '/images?limit=200');
  const left = images.filter(({ name }) => name === 'a snapshot').map(({ id }) => id);
  expect(left.toSorted()).toEqual([kept, users].toSorted());
});
