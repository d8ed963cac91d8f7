import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anImage } from './a-tenant.ts';
import { aFolder, aTwin, login, until } from './a-twin.ts';
import { askCinder, aVolume, aVolumeSnapshot, digestOfStored, volumeVersion, whenVolumeIs, writeVolume } from './a-volume.ts';

test('a volume keeps what a guest wrote, and its snapshot, a volume of that and their image have the same bytes', async () => {
  const stateDir = await aFolder();
  const demo = await login(await aTwin({ stateDir }));
  const id = await aVolume(demo);
  await writeVolume(stateDir, id, Buffer.from('godwit'), 12_345);
  const snapshot = await aVolumeSnapshot(demo, id);
  const copy = await aVolume(demo, { snapshot_id: snapshot });
  const stamp = { metadata: { godwit_campaign: 'c1', checksum: 'of an image that is gone' } };
  await askCinder(demo, 'POST', `/volumes/${copy}/action`, { 'os-set_image_metadata': stamp });
  const upload = { image_name: 'an upload', disk_format: 'raw', container_format: 'bare', visibility: 'private' };
  const sent = await askCinder(demo, 'POST', `/volumes/${copy}/action`, { 'os-volume_upload_image': upload });
  const image = sent.textAt('os-volume_upload_image.image_id');
  expect((await askCinder(demo, 'GET', `/volumes/${copy}`)).at('volume.status')).toBe('uploading');
  expect((await demo.ask('GET', '/image/v2/images?godwit_campaign=c1')).listAt('images')).toHaveLength(1);
  const shown = await until(
    () => demo.ask('GET', `/image/v2/images/${image}`),
    (reply) => reply.at('status') === 'active',
  );
  expect(shown.at('size')).toBe(4 * 1024 * 1024);
  await whenVolumeIs(demo, copy, 'available');
  expect(await digestOfStored(stateDir, 'images', image)).toBe(await digestOfStored(stateDir, 'volumes', id));
});

test('a volume of an image is bootable and tells what its image told', async () => {
  const demo = await login(await aTwin());
  const image = await anImage(demo, Buffer.from('a disk'), { hw_disk_bus: 'scsi', min_ram: 64 });
  const id = await aVolume(demo, { imageRef: image });
  const shown = await askCinder(demo, 'GET', `/volumes/${id}`);
  expect(shown.at('volume.bootable')).toBe('true');
  expect(shown.at('volume.volume_image_metadata')).toMatchObject({ hw_disk_bus: 'scsi', image_id: image, min_ram: '64' });
  const unset = (key: string) => askCinder(demo, 'POST', `/volumes/${id}/action`, { 'os-unset_image_metadata': { key } });
  expect((await unset('image_id')).status).toBe(200);
  expect((await unset('image_id')).status).toBe(404);
});

test('a volume with a snapshot, or in the middle of an upload, is not deleted', async () => {
  const demo = await login(await aTwin());
  const id = await aVolume(demo);
  const snapshot = await aVolumeSnapshot(demo, id);
  const refused = await askCinder(demo, 'DELETE', `/volumes/${id}`);
  expect([refused.status, refused.textAt('badRequest.message')]).toEqual([400, expect.stringContaining('have snapshots')]);
  expect((await askCinder(demo, 'DELETE', `/snapshots/${snapshot}`)).status).toBe(202);
  await until(
    () => askCinder(demo, 'GET', `/snapshots/${snapshot}`),
    (reply) => reply.status === 404,
  );
  expect((await askCinder(demo, 'DELETE', `/volumes/${id}`)).status).toBe(202);
  await until(
    () => askCinder(demo, 'GET', `/volumes/${id}`),
    (reply) => reply.status === 404,
  );
});

test('quotas of volumes, snapshots and gigabytes refuse with 413', async () => {
  const demo = await login(await aTwin({ quotas: { volume: { volumes: 1, snapshots: 1, gigabytes: 3 } } }));
  const id = await aVolume(demo);
  const second = await askCinder(demo, 'POST', '/volumes', { volume: { size: 1 } });
  expect([second.status, second.textAt('overLimit.message')]).toEqual([
    413,
    expect.stringContaining('Maximum number of volumes'),
  ]);
  const large = await askCinder(demo, 'POST', '/volumes', { volume: { size: 3 } });
  expect(large.textAt('overLimit.message')).toBe(
    'Requested volume or snapshot exceeds allowed gigabytes quota. Requested 3G, quota is 3G and 1G has been consumed.',
  );
  await aVolumeSnapshot(demo, id);
  expect((await askCinder(demo, 'POST', '/snapshots', { snapshot: { volume_id: id } })).status).toBe(413);
  const shown = await askCinder(demo, 'GET', `/os-quota-sets/${demo.projectId}?usage=true`);
  expect(shown.at('quota_set.gigabytes')).toEqual({ limit: 3, in_use: 2, reserved: 0 });
});

test('volumes lie in a type and a zone that exist, and only admins see the extra specs', async () => {
  const twin = await aTwin({ volumeZones: ['east', 'west'] });
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'demo');
  const type = { volume_type: { name: 'fast', extra_specs: { volume_backend_name: 'ssd' } } };
  expect((await askCinder(demo, 'POST', '/types', type)).status).toBe(403);
  await askCinder(admin, 'POST', '/types', type);
  const specsOf = async (client: typeof demo): Promise<unknown> =>
    (await askCinder(client, 'GET', '/types')).listAt('volume_types').find(({ name }) => name === 'fast')?.['extra_specs'];
  expect(await specsOf(demo)).toEqual({});
  expect(await specsOf(admin)).toEqual({ volume_backend_name: 'ssd' });
  const create = (volume: object) => askCinder(demo, 'POST', '/volumes', { volume: { size: 1, ...volume } });
  expect((await create({ volume_type: 'slow' })).status).toBe(404);
  expect((await create({ availability_zone: 'north' })).status).toBe(400);
  const made = await create({ volume_type: 'fast', availability_zone: 'west' });
  expect([made.at('volume.volume_type'), made.at('volume.availability_zone')]).toEqual(['fast', 'west']);
});

test('a microversion beyond 3.70 is refused, and older ones show less', async () => {
  const demo = await login(await aTwin());
  const id = await aVolume(demo);
  const path = `/volume/v3/${demo.projectId}/volumes/${id}`;
  expect((await demo.ask('GET', path, undefined, volumeVersion('3.71'))).status).toBe(406);
  expect((await demo.ask('GET', path)).at('volume.volume_type_id')).toBeUndefined();
  expect((await demo.ask('GET', path, undefined, volumeVersion('3.70'))).at('volume.volume_type_id')).toBeTypeOf('string');
});

test('a twin that was killed in the middle has failed creations and finishes deletions', async () => {
  const stateDir = await aFolder();
  const first = await aTwin({ stateDir, pace: 1000 });
  const demo = await login(first);
  const made = await askCinder(demo, 'POST', '/volumes', { volume: { size: 1 } });
  await first.stop();
  const again = await login(await aTwin({ stateDir }));
  await whenVolumeIs(again, made.textAt('volume.id'), 'error');
  expect((await askCinder(again, 'DELETE', `/volumes/${made.textAt('volume.id')}`)).status).toBe(202);
  await until(
    () => askCinder(again, 'GET', `/volumes/${made.textAt('volume.id')}`),
    (reply) => reply.status === 404,
  );
  expect(await readdir(join(stateDir, 'volumes')).catch(() => [])).toEqual([]);
});
