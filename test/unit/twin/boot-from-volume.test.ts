import { expect, test } from 'vitest';
import { aFlavor, anImage, aServer, whenStatus } from './a-tenant.ts';
import { aTwin, login, microversion, until } from './a-twin.ts';
import { askCinder, aVolume, aVolumeServer, deviceOf, whenVolumeIs } from './a-volume.ts';

const newest = microversion('2.93');

test('a server that boots from a volume has no image, and tells its volumes with device, tag and flag', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const flavor = await aFlavor(await login(twin, 'admin', 'demo'), 'm1.small', 1);
  const root = await aVolume(demo, { imageRef: await anImage(demo, Buffer.from('a disk'), { hw_disk_bus: 'scsi' }) });
  const data = await aVolume(demo);
  const id = await aVolumeServer(demo, flavor, [
    deviceOf(root, 0, { delete_on_termination: true }),
    deviceOf(data, null, { tag: 'data' }),
  ]);
  const shown = await demo.ask('GET', `/compute/v2.1/servers/${id}`, undefined, newest);
  expect(shown.at('server.image')).toBe('');
  expect(shown.at('server.os-extended-volumes:volumes_attached')).toEqual([
    { id: root, delete_on_termination: true },
    { id: data, delete_on_termination: false },
  ]);
  const attached = await demo.ask('GET', `/compute/v2.1/servers/${id}/os-volume_attachments`, undefined, newest);
  expect(attached.listAt('volumeAttachments')).toMatchObject([
    { volumeId: root, device: '/dev/vda', tag: null, delete_on_termination: true },
    { volumeId: data, device: '/dev/vdb', tag: 'data', delete_on_termination: false },
  ]);
  const volume = await askCinder(demo, 'GET', `/volumes/${data}`);
  expect(volume.at('volume.status')).toBe('in-use');
  expect(volume.listAt('volume.attachments')).toMatchObject([{ server_id: id, device: '/dev/vdb' }]);
});

test('the snapshot of such a server is an image without bytes, and a snapshot of each volume', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const flavor = await aFlavor(await login(twin, 'admin', 'demo'));
  const root = await aVolume(demo, { imageRef: await anImage(demo, Buffer.from('a disk')) });
  const id = await aVolumeServer(demo, flavor, [deviceOf(root, 0)]);
  const made = await demo.ask('POST', `/compute/v2.1/servers/${id}/action`, { createImage: { name: 'a snapshot' } }, newest);
  const image = await demo.ask('GET', `/image/v2/images/${made.textAt('image_id')}`);
  expect([image.at('size'), image.at('status'), image.at('bdm_v2')]).toEqual([0, 'active', 'True']);
  expect(JSON.parse(image.textAt('block_device_mapping'))).toMatchObject([{ source_type: 'snapshot', boot_index: 0 }]);
  expect((await askCinder(demo, 'GET', '/snapshots')).listAt('snapshots')).toMatchObject([{ volume_id: root }]);
});

test('deleting a server deletes the volumes that go with it, and gives the others back', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const flavor = await aFlavor(await login(twin, 'admin', 'demo'));
  const image = await anImage(demo, Buffer.from('a disk'));
  const root = await aVolume(demo, { imageRef: image });
  const data = await aVolume(demo);
  const id = await aVolumeServer(demo, flavor, [deviceOf(root, 0), deviceOf(data, null)]);
  const flag = { volumeAttachment: { volumeId: root, delete_on_termination: true } };
  const path = `/compute/v2.1/servers/${id}/os-volume_attachments/${root}`;
  expect((await demo.ask('PUT', path, flag, microversion('2.84'))).status).toBe(409);
  expect((await demo.ask('PUT', path, flag, newest)).status).toBe(202);
  await demo.ask('DELETE', `/compute/v2.1/servers/${id}`);
  await until(
    () => askCinder(demo, 'GET', `/volumes/${root}`),
    (reply) => reply.status === 404,
  );
  await whenVolumeIs(demo, data, 'available');
});

test('a volume in use is refused to a second server, to a deletion, and to a snapshot without force before 3.66', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const flavor = await aFlavor(await login(twin, 'admin', 'demo'));
  const image = await anImage(demo, Buffer.from('a disk'));
  const server = await aServer(demo, image, flavor);
  const data = await aVolume(demo);
  const attach = { volumeAttachment: { volumeId: data } };
  const path = `/compute/v2.1/servers/${server}/os-volume_attachments`;
  expect((await demo.ask('POST', path, attach, newest)).at('volumeAttachment.device')).toBe('/dev/vdb');
  expect((await demo.ask('POST', path, attach, newest)).status).toBe(400);
  expect((await askCinder(demo, 'DELETE', `/volumes/${data}`)).status).toBe(400);
  const snapshot = (force: boolean | undefined, version: string) =>
    askCinder(demo, 'POST', '/snapshots', { snapshot: { volume_id: data, force } }, version);
  expect((await snapshot(undefined, '3.65')).status).toBe(400);
  expect((await snapshot(true, '3.65')).status).toBe(202);
  expect((await snapshot(undefined, '3.66')).status).toBe(202);
  expect((await snapshot(false, '3.66')).status).toBe(400);
});

test('a server that cannot be built gives its volumes back', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const flavor = await aFlavor(await login(twin, 'admin', 'demo'));
  const root = await aVolume(demo, { imageRef: await anImage(demo, Buffer.from('a disk')) });
  twin.faults.set([{ do: 'server-error', times: 1 }]);
  const server = { name: 'db', flavorRef: flavor, networks: 'none', block_device_mapping_v2: [deviceOf(root, 0)] };
  const made = await demo.ask('POST', '/compute/v2.1/servers', { server }, newest);
  await whenStatus(demo, made.textAt('server.id'), 'ERROR');
  await whenVolumeIs(demo, root, 'available');
});

test('a volume that several servers may have is in use until the last one gives it back, and is given to nobody else in between', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'demo');
  const flavor = await aFlavor(admin);
  const type = { name: 'shared', extra_specs: { multiattach: '<is> True' } };
  await askCinder(admin, 'POST', '/types', { volume_type: type });
  const shared = await aVolume(demo, { volume_type: 'shared' });
  const image = await anImage(demo, Buffer.from('a disk'));
  const booting = async () => aVolumeServer(demo, flavor, [deviceOf(await aVolume(demo, { imageRef: image }), 0)]);
  const first = await booting();
  const second = await booting();
  const pathOf = (server: string) => `/compute/v2.1/servers/${server}/os-volume_attachments`;
  const attach = async (server: string) =>
    (await demo.ask('POST', pathOf(server), { volumeAttachment: { volumeId: shared } }, newest)).status;
  expect(await attach(first)).toBe(200);
  await askCinder(admin, 'POST', `/volumes/${shared}/action`, { 'os-reset_status': { status: 'maintenance' } });
  expect(await attach(second)).toBe(400);
  await askCinder(admin, 'POST', `/volumes/${shared}/action`, { 'os-reset_status': { status: 'in-use' } });
  expect(await attach(second)).toBe(200);
  await demo.ask('DELETE', `/compute/v2.1/servers/${first}`);
  const holders = async () => (await askCinder(demo, 'GET', `/volumes/${shared}`)).listAt('volume.attachments');
  await expect.poll(holders, { timeout: 10_000 }).toMatchObject([{ server_id: second }]);
  await whenVolumeIs(demo, shared, 'in-use');
  await demo.ask('DELETE', `/compute/v2.1/servers/${second}`);
  await whenVolumeIs(demo, shared, 'available');
});
