import { createHash, randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { ImageDonors, type ImagePolicy } from '../../../../../receiver/disks/dedup/image-donors.ts';
import { Disks } from '../../../../../receiver/disks/disks.ts';
import { OpenStackDestination } from '../../../../../shared/cloud/openstack/destination.ts';
import type { Configurations } from '../../../../../shared/model/configurations.ts';
import { accessTo } from '../../../../conformance/furnish.ts';
import { aDocument, aResource, aServer } from '../../../../support/build.ts';
import { aFolder } from '../../../../support/folder.ts';
import { fill, offered, pullerOf, someTools } from '../../../../support/offered.ts';
import { aFurnishedTwin, aHand } from '../../../shared/cloud/openstack/a-destination.ts';

const bytes = randomBytes(20 * 4096);
const matching: ImagePolicy = { images: 'matching', mostBytes: 2 ** 20 };

/** Servers s1 and s2 with a disk each, both made from one image; s3 from none. */
function twoSiblings(): Configurations {
  const os_hash_value = createHash('sha512').update(bytes).digest('hex');
  return aDocument({
    servers: ['s1', 's2', 's3'].map((id) => aServer({ id, disks: [`${id}.root`], image_id: id === 's3' ? null : 'base' })),
    disks: ['s1', 's2', 's3'].map((id) => aResource('disk', { id: `${id}.root`, server_id: id })),
    images: [aResource('image', { id: 'base', name: 'base', size: bytes.length, os_hash_algo: 'sha512', os_hash_value })],
  });
}

/** A campaign's disks beside a destination that has the image. */
async function aSite(policy: ImagePolicy) {
  const folder = await aFolder();
  const twin = await aFurnishedTwin();
  const tools = someTools();
  await (await aHand(twin)).store({ name: 'base' }, bytes);
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, 'demo'));
  const disks = new Disks('campaign', folder, tools);
  const imageDonors = new ImageDonors(folder, disks, {
    cloud: () => Promise.resolve(cloud),
    freeSpace: tools.freeSpace,
    log: tools.log,
    policy,
  });
  onTestFinished(async () => {
    await imageDonors.close();
    await disks.close();
    await cloud.close();
  });
  return {
    imageDonors,
    fetches: () => twin.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/file')).length,
    /** Moves a server's disk, which is the image. */
    async move(server: string) {
      const offer = offered(bytes);
      const copy = await disks.offer(server, `${server}.root`, offer.shape);
      await imageDonors.ready(server, offer.shape);
      await fill(copy, offer);
      return disks.seal(server, `${server}.root`, offer.root, pullerOf(copy, offer));
    },
  };
}

test('an image is brought once for all servers that were made from it, and freed as a whole', async () => {
  const { imageDonors, fetches, move } = await aSite(matching);
  imageDonors.begin(twoSiblings());
  imageDonors.begin(twoSiblings());
  expect(await move('s1')).toMatchObject({ copied: 20, pulled: 0 });
  expect(await move('s2')).toMatchObject({ copied: 20, pulled: 0 });
  expect(fetches()).toBe(1);
  await imageDonors.close();
  expect(await imageDonors.discard()).toBeGreaterThanOrEqual(bytes.length);
  expect(await imageDonors.discard()).toBe(0);
});

test('where a disk that was made from it is verified here, the image is not downloaded: that disk is the donor', async () => {
  const { imageDonors, fetches, move } = await aSite(matching);
  expect(await move('s1')).toMatchObject({ pulled: 20 });
  imageDonors.begin(twoSiblings());
  expect(await move('s2')).toMatchObject({ copied: 20, pulled: 0 });
  expect(fetches()).toBe(0);
});

test.each([
  ['none are wanted', { images: 'none', mostBytes: 2 ** 20 }],
  ['it is longer than may be', { images: 'matching', mostBytes: 4096 }],
  ['there is no room for it', { images: 'matching', mostBytes: 2 ** 20 }],
] as const)('an image is left where it is where %s, and the blocks are pulled', async (why, policy) => {
  const { imageDonors, fetches, move } = await aSite(policy);
  const { images, servers, ...rest } = twoSiblings();
  // What the other disks need at the least is more than any file system has.
  const huge = aResource('image', { id: 'huge', disk_format: 'qcow2', size: 2 ** 50 });
  const others = servers.map((server) => (server.id === 's3' ? { ...server, image_id: 'huge' } : server));
  imageDonors.begin(why.includes('room') ? { ...rest, images: [...images, huge], servers: others } : twoSiblings());
  expect(await move('s1')).toMatchObject({ copied: 0, pulled: 20 });
  expect(fetches()).toBe(0);
});
