import { expect, onTestFinished, test } from 'vitest';
import { readable } from '../../../../../../shared/cloud/openstack/inventory/readable.ts';
import { settled } from '../../../../../../shared/cloud/openstack/inventory/settle.ts';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aFurnishedTwin } from '../a-destination.ts';

test('a server in a cell that is down is named, and the others are captured', async () => {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const capture = () => source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  const before = await capture();
  const [server] = before.document.servers;
  expect(before.concerns.map(({ code }) => code)).not.toContain('server.unreadable');

  twin.faults.set([{ do: 'cell-down', name: '^web' }]);
  const { document, concerns } = await capture();
  expect(document.servers).toEqual([]);
  expect(document.networks.map(({ name }) => name)).toEqual(['net1']);
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'server.unreadable', severity: 'warning', about: `server/${server?.id}` }),
  );
});

test.each([
  ['server', { id: 'a', name: 'x', status: 'ACTIVE', addresses: {} }, 'flavor'],
  ['port', { id: 'a', network_id: 'n', fixed_ips: [], device_id: '', device_owner: '' }, 'mac_address'],
  ['security_group', { id: 'a', name: 'x' }, 'security_group_rules'],
] as const)('a record of kind %s that lacks a field is said and left out', (kind, record, lack) => {
  const { whole, concerns } = readable(kind, [record]);
  expect(whole).toEqual([]);
  expect(concerns).toEqual([expect.objectContaining({ code: `${kind}.unreadable`, says: expect.stringContaining(lack) })]);
});

test('a record whose value is of another type than the API reference says is left out, with what needs it, and nothing else', () => {
  const network = aResource('network', { id: 'n', name: 'net' });
  const subnet = aResource('subnet', {
    id: 's',
    needs: ['network/n'],
    network_id: 'n',
    ip_version: 4,
    cidr: '10.0.0.0/24',
    gateway_ip: null,
    enable_dhcp: false,
  });
  const other = aResource('network', { id: 'o', name: 'other' });
  const { resources, concerns } = settled([{ ...network, mtu: 'large' as unknown as number }, subnet, other]);
  expect(resources).toEqual([other]);
  expect(concerns.map(({ code }) => code)).toEqual(['network.unreadable', 'subnet.need_unseen']);
});
