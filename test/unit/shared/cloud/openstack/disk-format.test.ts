import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OpenStackDestination } from '../../../../../shared/cloud/openstack/destination.ts';
import type { BlockSource, Extent } from '../../../../../shared/disk/block-source.ts';
import { inBuildOrder } from '../../../../../shared/model/build-order.ts';
import { refOf } from '../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../conformance/furnish.ts';
import type { Twin } from '../../../../twin/twin.ts';
import { aFolder } from '../../../twin/a-twin.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from './a-destination.ts';

interface Image {
  readonly disk_format: string;
  readonly size: number;
  readonly virtual_size: number;
}

const data = randomBytes(300_000);
const size = 4_096_000;
const disk = Buffer.concat([data, Buffer.alloc(size - data.length)]);

function aDisk(): Required<Pick<BlockSource, 'extents'>> & BlockSource {
  return {
    size,
    async read(offset, length, into = Buffer.allocUnsafe(length)) {
      disk.copy(into, 0, offset, offset + length);
      return into.subarray(0, length);
    },
    async *extents(): AsyncGenerator<Extent> {
      yield { offset: 0, length: data.length, zero: false };
      yield { offset: data.length, length: size - data.length, zero: true };
    },
    close: async () => undefined,
  };
}

async function registered(twin: Twin, id: string): Promise<Image> {
  return (await aHand(twin)).ask<Image>('GET', 'image', `/images/${id}`);
}

/** A destination with settings of its own, for the same campaign. */
async function destinationOf(
  twin: Twin,
  settings: { disk_format: 'qcow2' | 'raw'; uploads: number },
): Promise<OpenStackDestination> {
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, 'demo'), settings);
  onTestFinished(() => cloud.close());
  return cloud;
}

const wanted = ({ context, tenant }: Campaign, bytes: BlockSource) => ({ ...context(tenant.get('disk')), disk: bytes });

test('a disk that tells its zeros is stored without them, and the server that is made of it has it whole', async () => {
  const stateDir = await aFolder();
  const twin = await aFurnishedTwin({ stateDir });
  const campaign = await aCampaign(twin);
  const { tenant, built, cloud } = campaign;
  for (const resource of inBuildOrder(tenant.resources)) {
    const context = { ...campaign.context(resource), disk: resource.kind === 'disk' ? aDisk() : undefined };
    built.set(refOf(resource.kind, resource.id), await cloud.ensure(resource, context));
  }
  const made = { id: built.get(refOf('disk', tenant.get('disk').id))?.id ?? '' };
  const image = await registered(twin, made.id);
  expect(image).toMatchObject({ disk_format: 'qcow2', virtual_size: size });
  expect(image.size).toBeLessThan(data.length + 10 * 65_536);
  expect(await cloud.differences(tenant.get('disk'), made.id, wanted(campaign, aDisk()))).toEqual({ fatal: [], told: [] });
  const server = built.get(refOf('server', tenant.get('server').id))?.id ?? '';
  const file = await open(join(stateDir, 'disks', server), 'r');
  const seen = Buffer.alloc(size);
  await file.read(seen, 0, size, 0);
  await file.close();
  expect(seen.equals(disk)).toBe(true);
});

test('a disk is stored raw where the settings say so, or where it does not tell its zeros', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const raw = await destinationOf(twin, { disk_format: 'raw', uploads: 1 });
  const chosen = await raw.ensure(campaign.tenant.get('disk'), wanted(campaign, aDisk()));
  expect(await registered(twin, chosen.id)).toMatchObject({ disk_format: 'raw', size });
  const { extents: _, ...silent } = aDisk();
  const other = await aCampaign(twin);
  const forced = await other.cloud.ensure(other.tenant.get('disk'), wanted(other, silent));
  expect(await registered(twin, forced.id)).toMatchObject({ disk_format: 'raw', size });
});

test('a disk that its guest encrypted whole is stored as qcow2, because a cloud refuses it as raw', async () => {
  const twin = await aFurnishedTwin({ inspectsImages: true });
  const campaign = await aCampaign(twin);
  const raw = await destinationOf(twin, { disk_format: 'raw', uploads: 1 });
  const plain = aDisk();
  const luks: BlockSource = {
    ...plain,
    async read(offset, length, into) {
      const bytes = await plain.read(offset, length, into);
      if (offset === 0) Buffer.from('LUKS\xba\xbe', 'latin1').copy(bytes);
      return bytes;
    },
  };
  const resource = campaign.tenant.get('disk');
  const { id } = await raw.ensure(resource, wanted(campaign, luks));
  expect(await registered(twin, id)).toMatchObject({ disk_format: 'qcow2', virtual_size: size });
  expect(await raw.differences(resource, id, wanted(campaign, luks))).toEqual({ fatal: [], told: [] });
});

test('an image that an earlier call stored in another format is found, and not sent again', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const first = await campaign.cloud.ensure(campaign.tenant.get('disk'), wanted(campaign, aDisk()));
  const raw = await destinationOf(twin, { disk_format: 'raw', uploads: 1 });
  expect(await raw.ensure(campaign.tenant.get('disk'), wanted(campaign, aDisk()))).toMatchObject({ id: first.id, how: 'found' });
});

test('a disk waits for its turn while as many as the settings allow are uploaded', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const cloud = await destinationOf(twin, { disk_format: 'qcow2', uploads: 1 });
  let reading = 0;
  let most = 0;
  const counted = (): BlockSource => ({
    ...aDisk(),
    async read(offset, length, into) {
      most = Math.max(most, ++reading);
      await new Promise((resolve) => setTimeout(resolve, 5));
      reading--;
      return aDisk().read(offset, length, into);
    },
  });
  const one = campaign.tenant.get('disk', 0);
  const two = campaign.tenant.get('disk', 1);
  await Promise.all([one, two].map((each) => cloud.ensure(each, { ...campaign.context(each), disk: counted() })));
  expect(most).toBe(1);
});
