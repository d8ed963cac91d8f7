import { expect, test } from 'vitest';
import { loneVolumesOf } from '../../../../../../shared/model/lone-volumes.ts';
import { aHand } from '../a-destination.ts';
import { signal } from '../a-source.ts';
import { aSourceWithVolumes, aVolumeOf, untilStatus } from '../a-volume-server.ts';

test('a server that boots from a volume is captured with its volumes in order, and nothing is in its way', async () => {
  const { capture, root, data, serverId, cloud } = await aSourceWithVolumes();
  const { document, codes } = await capture();
  const [server] = document.servers;
  expect(server?.volumes).toEqual([
    { volume_id: root, boot_index: 0, device: '/dev/vda', tag: null, delete_on_termination: true },
    { volume_id: data, boot_index: null, device: '/dev/vdb', tag: 'data', delete_on_termination: false },
  ]);
  expect(server?.needs).toEqual(expect.arrayContaining([`volume/${root}`, `disk/${data}.volume`]));
  expect(document.volumes).toMatchObject([
    { id: root, disk_id: `${root}.volume`, size: 1, bootable: true, image_metadata: { hw_disk_bus: 'scsi' } },
    { id: data, metadata: { of: 'the tenant' }, bootable: false, volume_type: '__DEFAULT__', availability_zone: 'nova' },
  ]);
  expect(document.disks.map(({ id, server_id, volume_id }) => [id, server_id, volume_id])).toEqual([
    [`${root}.volume`, serverId, root],
    [`${data}.volume`, serverId, data],
  ]);
  expect(codes.filter((code) => /blocking|volumes?\b|not_carried|unknown_attribute/.test(code))).toEqual([]);
  expect((await cloud.recapture(serverId, signal())).server.volumes).toEqual(server?.volumes);
});

test('volumes that are raw files on NFS block their server, for a snapshot costs it its disk', async () => {
  const { capture } = await aSourceWithVolumes({ rawVolumes: true });
  expect((await capture()).codes).toContain('blocking server.volume_snapshot');
});

test('volumes of which Cinder does not tell how they are attached block their server', async () => {
  const { capture, twin } = await aSourceWithVolumes();
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'volume', path: '/attachments/' } }]);
  expect((await capture()).codes).toContain('blocking server.volume_snapshot');
});

test('a volume without a server is captured with its disk, and snapshots of volumes are said to stay behind', async () => {
  const { capture, hand, data } = await aSourceWithVolumes();
  const archive = await aVolumeOf(hand, { name: 'an archive' });
  await hand.ask('POST', 'volume', '/snapshots', { snapshot: { volume_id: data, name: 'before the upgrade' } });
  const { codes, document } = await capture();
  expect(codes).toContain('warning left_behind.volume_snapshots');
  expect(codes).not.toContain('warning left_behind.volumes');
  expect(loneVolumesOf(document).map(({ name }) => name)).toEqual(['an archive']);
  expect(document.disks.find(({ volume_id }) => volume_id === archive)?.server_id).toBe(archive);
});

test('an encrypted volume without a server stays behind, and so does one at which Cinder works; both are told', async () => {
  const { capture, hand, twin } = await aSourceWithVolumes();
  const admin = await aHand(twin, 'admin', 'demo');
  const { volume_type } = await admin.ask<{ volume_type: { id: string } }>('POST', 'volume', '/types', {
    volume_type: { name: 'hidden' },
  });
  await admin.ask('POST', 'volume', `/types/${volume_type.id}/encryption`, { encryption: { provider: 'luks' } });
  await aVolumeOf(hand, { name: 'a secret', volume_type: 'hidden' });
  const busy = await aVolumeOf(hand, { name: 'a busy one' });
  await admin.ask('POST', 'volume', `/volumes/${busy}/action`, { 'os-reset_status': { status: 'maintenance' } });
  const { concerns, document } = await capture();
  expect(loneVolumesOf(document)).toEqual([]);
  const told = concerns.find(({ code }) => code === 'left_behind.volumes')?.says;
  expect(told).toMatch(/a secret \(.*\): encrypted/);
  expect(told).toMatch(/a busy one \(.*\): maintenance/);
});

test('an encrypted volume blocks its server, and so does one that is in no usable state', async () => {
  const { capture, hand, twin, serverId, root } = await aSourceWithVolumes();
  const admin = await aHand(twin, 'admin', 'demo');
  const { volume_type } = await admin.ask<{ volume_type: { id: string } }>('POST', 'volume', '/types', {
    volume_type: { name: 'secret' },
  });
  await admin.ask('POST', 'volume', `/types/${volume_type.id}/encryption`, { encryption: { provider: 'luks' } });
  const hidden = await aVolumeOf(hand, { volume_type: 'secret' });
  await hand.ask('POST', 'compute', `/servers/${serverId}/os-volume_attachments`, { volumeAttachment: { volumeId: hidden } });
  await admin.ask('POST', 'volume', `/volumes/${root}/action`, { 'os-reset_status': { status: 'maintenance' } });
  const { codes } = await capture();
  expect(codes).toEqual(expect.arrayContaining(['blocking server.volume_encrypted', 'blocking server.volume_state']));
});

test('a volume that several servers have moves once, with the first of them; a server that does not move blocks the others', async () => {
  const { hand, twin, serverId, cloud } = await aSourceWithVolumes();
  const admin = await aHand(twin, 'admin', 'demo');
  const type = { name: 'shared', extra_specs: { multiattach: '<is> True' } };
  await admin.ask('POST', 'volume', '/types', { volume_type: type });
  const volumeId = await aVolumeOf(hand, { volume_type: 'shared' });
  const attach = (server: string) =>
    hand.ask('POST', 'compute', `/servers/${server}/os-volume_attachments`, { volumeAttachment: { volumeId } });
  await attach(serverId);
  const root = await aVolumeOf(hand, {
    name: 'root of the other',
    imageRef: await hand.store({ name: 'other' }, Buffer.from('b')),
  });
  const { flavors } = await hand.ask<{ flavors: { id: string }[] }>('GET', 'compute', '/flavors');
  const device = { source_type: 'volume', destination_type: 'volume', uuid: root, boot_index: 0 };
  const wanted = { name: 'db 2', flavorRef: flavors[0]?.id, networks: 'none', block_device_mapping_v2: [device] };
  const { server: other } = await hand.ask<{ server: { id: string } }>('POST', 'compute', '/servers', { server: wanted });
  await untilStatus(hand, 'compute', `/servers/${other.id}`, 'server', 'ACTIVE');
  await attach(other.id);
  const both = [serverId, other.id].sort();
  const whole = await cloud.inventory({ servers: [] }, signal());
  const fatal = ({ concerns }: typeof whole) => concerns.filter(({ code }) => code === 'server.volume_multiattach');
  expect(fatal(whole)).toEqual([]);
  expect(whole.document.volumes.filter(({ id }) => id === volumeId)).toHaveLength(1);
  const disks = whole.document.disks.filter(({ volume_id }) => volume_id === volumeId);
  expect(disks.map(({ server_id }) => server_id)).toEqual(both.slice(0, 1));
  for (const { needs } of whole.document.servers) expect(needs).toContain(`volume/${volumeId}`);
  const some = await cloud.inventory({ servers: [serverId] }, signal());
  expect(fatal(some)[0]?.says).toContain(` with ${other.id}.`);
  const { holders } = await cloud.recapture(serverId, signal());
  expect(holders.find(({ volume }) => volume === volumeId)?.servers.toSorted()).toEqual(both);
});

test('a quota of the source without room for a snapshot and a temporary volume is told', async () => {
  const { capture, twin } = await aSourceWithVolumes();
  twin.faults.set([{ do: 'quota', service: 'volume', set: { volumes: 2, gigabytes: 3 } }]);
  expect((await capture()).codes.filter((code) => code === 'warning volume.source_room')).toHaveLength(2);
});

test('a quota of one type of volumes without room at the source is told, and named', async () => {
  const { capture, twin } = await aSourceWithVolumes();
  twin.faults.set([{ do: 'quota', service: 'volume', set: { gigabytes___DEFAULT__: 3, volumes_other: 0 } }]);
  const found = (await capture()).concerns.filter(({ code }) => code === 'volume.source_room');
  expect(found.map(({ says }) => says)).toEqual([expect.stringContaining('quota of gigabytes___DEFAULT__ for a while')]);
});
