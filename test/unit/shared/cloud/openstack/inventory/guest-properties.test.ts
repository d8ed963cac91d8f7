import { expect, test } from 'vitest';
import { until } from '../../../../../../shared/cloud/openstack/session/wait.ts';
import { aSourceWithServers, patience, signal } from '../a-source.ts';

test('where the image of a server is gone, a snapshot of the server tells what hardware the guest depends on', async () => {
  const { hand: demo, cloud: source } = await aSourceWithServers();
  const capture = () => source.inventory({ servers: [] }, signal());
  const before = await capture();
  const [server] = before.document.servers;
  expect(before.document.disks[0]?.properties).toMatchObject({ hw_disk_bus: 'virtio' });
  expect(before.concerns.map(({ code }) => code)).not.toContain('server.image_gone');

  await demo.ask('DELETE', 'image', `/images/${server?.image_id}`);
  const without = await capture();
  expect(without.document.disks[0]?.properties).toEqual({});
  expect(without.concerns).toContainEqual(
    expect.objectContaining({ code: 'server.image_gone', remedy: expect.stringContaining('snapshot the server once') }),
  );

  await demo.ask('POST', 'compute', `/servers/${server?.id}/action`, { createImage: { name: 'before the move' } });
  await until('The snapshot', patience(), async () => {
    const { images } = await demo.ask<{ images: { name: string; status: string }[] }>('GET', 'image', '/images');
    return images.some((image) => image.name === 'before the move' && image.status === 'active') ? true : undefined;
  });
  const after = await capture();
  expect(after.document.disks[0]?.properties).toMatchObject({ hw_disk_bus: 'virtio' });
  expect(after.concerns).toContainEqual(
    expect.objectContaining({ code: 'server.image_gone', says: expect.stringContaining('before the move') }),
  );
});
