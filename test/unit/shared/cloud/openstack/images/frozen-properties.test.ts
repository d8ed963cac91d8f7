import { expect, test } from 'vitest';
import { until } from '../../../../../../shared/cloud/openstack/session/wait.ts';
import type { ResourceOf } from '../../../../../../shared/model/resource.ts';
import { aSourceWithServers, patience, type SourceWithServers, signal } from '../a-source.ts';

/** Freezes the disk of a stopped server after something was done to its image. */
async function frozenAfter(
  { hand, cloud, serverId }: SourceWithServers,
  change: (image: string) => Promise<unknown>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { document } = await cloud.inventory({ servers: [] }, signal());
  await change(document.servers[0]?.image_id ?? '');
  const { document: edited } = await cloud.inventory({ servers: [] }, signal());
  const disk = { kind: 'disk', ...edited.disks[0] } as ResourceOf<'disk'>;
  await cloud.stop(serverId, patience());
  await until('The stop', patience(), async () =>
    (await cloud.state(serverId, signal())).power === 'stopped' ? true : undefined,
  );
  const snapshot = await cloud.freeze(disk, { campaign: crypto.randomUUID(), attempt: 1 }, patience());
  await hand.ask('GET', 'image', `/images/${snapshot.id}`);
  return snapshot.properties;
}

test('where the image of a server is gone, its frozen disk tells the guest’s hardware, what Nova noted of it too', async () => {
  const source = await aSourceWithServers();
  const properties = await frozenAfter(source, (image) => source.hand.ask('DELETE', 'image', `/images/${image}`));
  expect(properties).toMatchObject({ hw_disk_bus: 'virtio', hw_machine_type: 'pc' });
  expect(Object.keys(properties ?? {}).filter((name) => !/^(hw|os|img)_/.test(name))).toEqual([]);
});

test('where the image was edited since, the guest keeps what the image said when the server was made', async () => {
  const source = await aSourceWithServers();
  const patch = [
    { op: 'replace', path: '/hw_disk_bus', value: 'scsi' },
    { op: 'add', path: '/hw_firmware_type', value: 'uefi' },
  ];
  const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
  const properties = await frozenAfter(source, (image) =>
    source.hand.session.call({
      method: 'PATCH',
      service: 'image',
      path: `/images/${image}`,
      body: patch,
      headers,
      signal: signal(),
    }),
  );
  expect(properties).toEqual({ hw_disk_bus: 'virtio' });
});

test('where the image is as it was, what only Nova noted is left to the destination', async () => {
  const source = await aSourceWithServers();
  expect(await frozenAfter(source, async () => undefined)).toEqual({ hw_disk_bus: 'virtio' });
});
