import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';
import { signal } from '../a-source.ts';

test.each(['demo', 'admin'] as const)('images of every visibility are captured by %s, hidden ones too', async (user) => {
  const twin = await aFurnishedTwin();
  const demo = await aHand(twin);
  for (const visibility of ['private', 'shared', 'community'])
    for (const os_hidden of [false, true])
      await demo.store({ name: `${visibility} ${os_hidden}`, visibility, os_hidden }, Buffer.from(visibility));
  const other = await aHand(twin, 'admin', 'admin');
  await other.store({ name: 'of others', visibility: 'community' }, Buffer.from('not ours'));
  const source = new OpenStackSource(await accessTo(twin.authUrl, user, user === 'admin' ? 'admin' : 'demo'));
  onTestFinished(() => source.close());
  const { projectId } = await demo.session.token(signal());
  const { document } = await source.inventory({ servers: [], project: projectId }, signal());
  expect(document.images.map(({ name }) => name).sort()).toEqual([
    'community false',
    'community true',
    'private false',
    'private true',
    'shared false',
    'shared true',
  ]);
  const kept = await source.inventory({ servers: [], project: projectId, withoutImages: true }, signal());
  expect(kept.concerns.find(({ code }) => code === 'left_behind.images')?.says).toMatch(/\(6\).*community true/);
});

test('that the source’s Cinder checked a signature is not carried: no volume could be made of the image', async () => {
  const twin = await aFurnishedTwin();
  const demo = await aHand(twin);
  await demo.store({ name: 'of a volume', signature_verified: 'False', hw_disk_bus: 'scsi' }, Buffer.from('an image'));
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document } = await source.inventory({ servers: [] }, signal());
  expect(document.images.map(({ properties }) => properties)).toEqual([{ hw_disk_bus: 'scsi' }]);
});
