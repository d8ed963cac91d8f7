import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { lookAt } from '../../../../../../shared/cloud/openstack/servers/health.ts';
import { aHand } from '../a-destination.ts';
import { aSourceWithServers, patience } from '../a-source.ts';

test('a server that is gone or in ERROR is lost, one that is stopped is not', async () => {
  const { twin, hand, cloud, serverId } = await aSourceWithServers();
  const look = () => lookAt(hand.session, serverId, undefined, patience().signal);
  expect(await look()).toMatchObject({ healthy: true });
  await cloud.stop(serverId, patience());
  expect(await look()).toMatchObject({ healthy: false, lost: false });
  const admin = await aHand(twin, 'admin');
  await admin.ask('POST', 'compute', `/servers/${serverId}/action`, { 'os-resetState': { state: 'error' } });
  expect(await look()).toMatchObject({ healthy: false, lost: true });
  await hand.ask('DELETE', 'compute', `/servers/${serverId}`);
  await expect.poll(look).toMatchObject({ healthy: false, lost: true, says: `There is no server ${serverId}.` });
});

test('a server that is being deleted is lost, though Nova shows it as it was', async () => {
  const { hand, serverId } = await aSourceWithServers({ pace: 1 });
  await hand.ask('DELETE', 'compute', `/servers/${serverId}`);
  const { status } = (await hand.ask<{ server: { status: string } }>('GET', 'compute', `/servers/${serverId}`)).server;
  expect(status).toBe('ACTIVE');
  const seen = await lookAt(hand.session, serverId, undefined, patience().signal);
  expect(seen).toMatchObject({ healthy: false, lost: true, says: 'The server is being deleted.' });
});

test.each([
  ['169.254.0.0/16', '169.254.169.254'],
  ['127.0.0.0/8', '127.9.9.9'],
])('a server is not probed at an address of the machine that probes, or of its link: %s', async (cidr, address) => {
  let visits = 0;
  const own = createServer((socket) => {
    visits += 1;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => own.listen(0, '0.0.0.0', resolve));
  onTestFinished(() => void own.close());
  const { hand, cloud, serverId } = await aSourceWithServers();
  const [port] = (await hand.ask<{ ports: { id: string }[] }>('GET', 'network', `/ports?device_id=${serverId}`)).ports;
  const { network } = await hand.ask<{ network: { id: string } }>('POST', 'network', '/networks', { network: { name: 'link' } });
  const subnet = { network_id: network.id, cidr, ip_version: 4, gateway_ip: null };
  await hand.ask('POST', 'network', '/subnets', { subnet });
  const fixed_ips = [{ ip_address: address }];
  await hand.ask('DELETE', 'compute', `/servers/${serverId}/os-interface/${port?.id}`);
  await hand.ask('POST', 'compute', `/servers/${serverId}/os-interface`, {
    interfaceAttachment: { net_id: network.id, fixed_ips },
  });
  expect(await cloud.state(serverId, patience().signal)).toMatchObject({ power: 'running' });
  const found = await lookAt(
    hand.session,
    serverId,
    `http:${(own.address() as AddressInfo).port}/latest/meta-data`,
    patience().signal,
  );
  const says = `Nothing is probed at ${address}: there is the machine that probes, or its own link, and no server.`;
  expect(found).toMatchObject({ healthy: false, says });
  expect(visits).toBe(0);
});
