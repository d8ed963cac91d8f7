import { createHash, randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { DonorImage } from '../../../../../shared/cloud/destination-cloud.ts';
import { OpenStackDestination } from '../../../../../shared/cloud/openstack/destination.ts';
import { OpenStackSource } from '../../../../../shared/cloud/openstack/source.ts';
import { type ResourceOf, schemas } from '../../../../../shared/model/resource.ts';
import { accessTo, type Hand, populate } from '../../../../conformance/furnish.ts';
import type { Twin } from '../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from './a-destination.ts';

const bytes = randomBytes(100_000);
const os_hash_value = createHash('sha512').update(bytes).digest('hex');
const wanted: ResourceOf<'image'> = {
  kind: 'image',
  ...schemas.image.parse({ id: 'base', name: 'base', size: bytes.length, os_hash_algo: 'sha512', os_hash_value }),
};
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

/** Stores the bytes as an image of whoever asks. */
function stored(hand: Hand, visibility: string): Promise<string> {
  return hand.store({ name: visibility, visibility }, bytes);
}

async function donorsFor(twin: Twin, user: 'demo' | 'admin', image = wanted): Promise<readonly DonorImage[]> {
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, user));
  onTestFinished(() => cloud.close());
  return cloud.donors([image], signal());
}

test('donors are the project’s own images and public ones, and nobody else’s, even where the credentials see them', async () => {
  const twin = await aFurnishedTwin();
  const own = await stored(await aHand(twin), 'private');
  const shared = await stored(await aHand(twin, 'admin'), 'public');
  const foreign = await stored(await aHand(twin, 'admin'), 'private');
  const ids = async (user: 'demo' | 'admin') => new Set((await donorsFor(twin, user)).map(({ id }) => id));
  expect(await ids('demo')).toEqual(new Set([own, shared]));
  expect(await ids('admin')).toEqual(new Set([foreign, shared]));
});

test('a captured image can be found by its digest, and by its MD5 where the source is too old for another', async () => {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const [image] = (await source.inventory({ servers: [] }, signal())).document.images;
  if (image === undefined) throw new Error('the server was made from an image');
  const captured = { kind: 'image', ...image } as const;
  expect(await donorsFor(twin, 'demo', captured)).toEqual([{ id: image.id, image: image.id, size: image.size }]);
  const old = { ...captured, os_hash_algo: null, os_hash_value: null };
  expect(await donorsFor(twin, 'demo', old)).toHaveLength(1);
  const silent = { ...old, checksum: null };
  expect(await donorsFor(twin, 'demo', silent), 'by its name and size').toHaveLength(1);
  expect(await donorsFor(twin, 'demo', { ...silent, name: 'another' })).toEqual([]);
  expect(await donorsFor(twin, 'demo', { ...silent, size: null })).toEqual([]);
  expect(await donorsFor(twin, 'demo', { ...silent, size: (image.size ?? 0) + 1 })).toEqual([]);
});
