import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashName } from '../../../../../../shared/cloud/openstack/images/hash-name.ts';
import { openImage } from '../../../../../../shared/cloud/openstack/images/image-file.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { aFolder } from '../../../../../support/folder.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

test.each([
  ['sha512', 'sha512'],
  ['sha3_512', 'sha3-512'],
  ['sha512_256', 'sha512-256'],
  ['blake2b', 'blake2b512'],
  ['md5', 'md5'],
])('the digest %s of Glance is made here as %s', (python, node) => {
  expect(hashName(python)).toBe(node);
  expect(createHash(node).digest('hex')).toHaveLength({ md5: 32, sha512_256: 64 }[python] ?? 128);
});

test.each(['shake_256', 'unheard-of', ''])('no digest is made here for %j', (python) => {
  expect(hashName(python)).toBeNull();
});

/** A disk that was registered with a Glance, and the bytes that are read from there again. */
async function registered(hashing: { readonly name: string; readonly openssl: string }) {
  const twin = await aFurnishedTwin({ hashing });
  const campaign = await aCampaign(twin);
  const disk = campaign.tenant.get('disk');
  await campaign.ensureAll(disk);
  const { id } = await campaign.ensure(disk);
  const hand = await aHand(twin);
  const signal = AbortSignal.timeout(15_000);
  const source = await openImage(hand.session, id, join(await aFolder(), 'images'), signal);
  const { size } = source;
  await source.close();
  const compared = await campaign.cloud.find(disk, campaign.context(disk));
  return { ref: refOf('disk', disk.id), isFound: compared === id, size };
}

test.each([
  { name: 'sha3_512', openssl: 'sha3-512' },
  { name: 'blake2b', openssl: 'blake2b512' },
  // Nobody can compute it here: the MD5 checksum that Glance tells beside it is compared.
  { name: 'shake_256', openssl: 'sha512' },
])('a disk is registered with, and read from, a Glance that digests by $name', async (hashing) => {
  const { isFound, size } = await registered(hashing);
  expect(isFound).toBe(true);
  expect(size).toBeGreaterThan(0);
});
