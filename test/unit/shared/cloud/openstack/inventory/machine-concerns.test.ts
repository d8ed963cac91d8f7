import { expect, test } from 'vitest';
import { withAccepted } from '../../../../../../shared/model/accepted.ts';
import { Mappings } from '../../../../../../shared/model/mappings.ts';
import { aSourceWithServers, signal } from '../a-source.ts';
import { aSourceWithVolumes, untilStatus } from '../a-volume-server.ts';

/** Sets a property of the image that the server of a source was made from, and captures. */
async function capturedWith(name: string, value: string) {
  const { hand, cloud } = await aSourceWithServers();
  const { document } = await cloud.inventory({ servers: [] }, signal());
  const path = `/images/${document.servers[0]?.image_id}`;
  const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
  const body = [{ op: 'add', path: `/${name}`, value }];
  await hand.session.call({ method: 'PATCH', service: 'image', path, headers, body, signal: signal() });
  return (await cloud.inventory({ servers: [] }, signal())).concerns;
}

test('a server with a virtual TPM blocks the plan, until the plan accepts that its contents stay behind', async () => {
  const concerns = await capturedWith('hw_tpm_version', '2.0');
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'server.tpm', severity: 'blocking', says: expect.stringContaining('recovery key') }),
  );
  const accepted = withAccepted(concerns, Mappings.parse({ accept: ['server.tpm'] }));
  expect(accepted.find(({ code }) => code === 'server.tpm')?.severity).toBe('warning');
});

test('what UEFI keeps beside the disk of a server is told to stay behind', async () => {
  const concerns = await capturedWith('hw_firmware_type', 'uefi');
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'server.firmware', severity: 'warning', says: expect.stringContaining('of web 1 beside') }),
  );
});

test('a server that boots from a volume has the TPM and the firmware that its volume asks for', async () => {
  const { hand, root, capture } = await aSourceWithVolumes();
  expect((await capture()).codes.filter((code) => /tpm|firmware/.test(code))).toEqual([]);
  const metadata = { hw_tpm_version: '2.0', hw_firmware_type: 'uefi' };
  await hand.ask('POST', 'volume', `/volumes/${root}/action`, { 'os-set_image_metadata': { metadata } });
  expect((await capture()).codes).toEqual(expect.arrayContaining(['blocking server.tpm', 'warning server.firmware']));
});

test('a server that was made from a CD blocks the plan, for the CD would become its first hard disk', async () => {
  const { hand, capture } = await aSourceWithVolumes();
  const cd = await hand.store({ name: 'installer', disk_format: 'iso' }, Buffer.alloc(65_536, 'CD001'));
  const { flavors } = await hand.ask<{ flavors: { id: string }[] }>('GET', 'compute', '/flavors');
  const server = { name: 'from a CD', imageRef: cd, flavorRef: flavors[0]?.id, networks: 'none' };
  const made = await hand.ask<{ server: { id: string } }>('POST', 'compute', '/servers', { server });
  await untilStatus(hand, 'compute', `/servers/${made.server.id}`, 'server', 'ACTIVE');
  expect((await capture()).codes.filter((code) => code.includes('server.iso'))).toEqual(['blocking server.iso']);
});

test('the servers whose guests see other serial numbers of their volumes are named', async () => {
  const { capture, cloud } = await aSourceWithVolumes();
  expect((await capture()).codes).toContain('warning server.volume_serial');
  const { concerns } = await cloud.inventory({ servers: [] }, signal());
  expect(concerns.find(({ code }) => code === 'server.volume_serial')?.says).toMatch(/of db 1 gets another id.*by-id/);
});
