import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, type Hand, populate } from '../../../../../conformance/furnish.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

let twin: Twin;
let demo: Hand;
let source: OpenStackSource;
let networkId: string;

beforeEach(async () => {
  twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  demo = await aHand(twin);
  source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { networks } = await demo.ask<{ networks: { id: string; name: string }[] }>('GET', 'network', '/networks');
  networkId = networks.find(({ name }) => name === 'net1')?.id ?? '';
});

const captured = () => source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
const codes = async () => (await captured()).concerns.map(({ severity, code }) => `${severity} ${code}`);

async function aPort(fields: object): Promise<string> {
  const port = { network_id: networkId, ...fields };
  return (await demo.ask<{ port: { id: string } }>('POST', 'network', '/ports', { port })).port.id;
}

const serverId = async () => (await captured()).document.servers[0]?.id ?? '';

async function act(verb: string, until?: string): Promise<void> {
  const id = await serverId();
  await demo.ask('POST', 'compute', `/servers/${id}/action`, { [verb]: null });
  while (until !== undefined && (await source.state(id, AbortSignal.timeout(5000))).word !== until)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a port with an owner of its own and no device is carried with its owner', async () => {
  const id = await aPort({ device_owner: 'vip:keepalived' });
  const { document, concerns } = await captured();
  expect(document.ports.find((port) => port.id === id)?.device_owner).toBe('vip:keepalived');
  expect(concerns.map(({ code }) => code)).not.toContain('port.left_out');
});

test('ports of something that is not moved are told, in one line for each owner', async () => {
  await aPort({ device_owner: 'Octavia', device_id: 'lb-1', name: 'one' });
  await aPort({ device_owner: 'Octavia', device_id: 'lb-2', name: 'two' });
  await aPort({ device_owner: 'compute:nova', device_id: crypto.randomUUID(), name: 'of a server that is gone' });
  const { concerns } = await captured();
  const says = concerns.filter(({ code }) => code === 'port.left_out').map((one) => one.says);
  expect(says).toHaveLength(2);
  expect(says[0]).toMatch(/of a server that is gone belongs to compute:nova/);
  expect(says[1]).toMatch(/one, two belong to Octavia/);
});

test('a cloud that does not tell what it forwards is named', async () => {
  const { networks } = await demo.ask<{ networks: { id: string; name: string }[] }>('GET', 'network', '/networks');
  const floating_network_id = networks.find(({ name }) => name === 'ext')?.id;
  await demo.ask('POST', 'network', '/floatingips', { floatingip: { floating_network_id } });
  const unread = async () => (await captured()).concerns.find(({ code }) => code === 'left_behind.unread')?.says;
  expect(await unread()).not.toContain('port forwardings');
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'network', path: '/port_forwardings' } }]);
  expect(await unread()).toContain('port forwardings');
});

test('a stopped server that is locked is moved, and its lock is told', async () => {
  await act('os-stop', 'SHUTOFF');
  await act('lock');
  expect(await codes()).toEqual(expect.arrayContaining(['warning server.shutoff', 'warning server.lock_left']));
  expect(await codes()).not.toContain('blocking server.locked');
});

test('a server that is blocked is not said to be moved', async () => {
  await act('os-stop', 'SHUTOFF');
  expect(await codes()).toContain('warning server.shutoff');
  const admin = await aHand(twin, 'admin');
  const { network } = await admin.ask<{ network: { id: string } }>('POST', 'network', '/networks', {
    network: { name: 'shared', shared: true },
  });
  await admin.ask('POST', 'network', '/subnets', { subnet: { network_id: network.id, cidr: '10.66.0.0/24', ip_version: 4 } });
  const { port } = await admin.ask<{ port: { id: string } }>('POST', 'network', '/ports', { port: { network_id: network.id } });
  const interfaceAttachment = { port_id: port.id };
  await admin.ask('POST', 'compute', `/servers/${await serverId()}/os-interface`, { interfaceAttachment });
  expect(await codes()).toContain('blocking server.port_unseen');
  expect(await codes()).not.toContain('warning server.shutoff');
});
