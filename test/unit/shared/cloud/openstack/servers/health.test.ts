import { expect, test } from 'vitest';
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

test('a server is not probed at an address of the machine that probes, or of its link', async () => {
  const { hand, cloud, serverId } = await aSourceWithServers();
  const [port] = (await hand.ask<{ ports: { id: string }[] }>('GET', 'network', `/ports?device_id=${serverId}`)).ports;
  const { network } = await hand.ask<{ network: { id: string } }>('POST', 'network', '/networks', { network: { name: 'link' } });
  const subnet = { network_id: network.id, cidr: '169.254.0.0/16', ip_version: 4, gateway_ip: null };
  await hand.ask('POST', 'network', '/subnets', { subnet });
  const fixed_ips = [{ ip_address: '169.254.169.254' }];
  await hand.ask('DELETE', 'compute', `/servers/${serverId}/os-interface/${port?.id}`);
  await hand.ask('POST', 'compute', `/servers/${serverId}/os-interface`, {
    interfaceAttachment: { net_id: network.id, fixed_ips },
  });
  expect(await cloud.state(serverId, patience().signal)).toMatchObject({ power: 'running' });
  const { healthy, says } = await lookAt(hand.session, serverId, 'http:80/latest/meta-data', patience().signal);
  expect({ healthy, says }).toEqual({ healthy: false, says: 'The server has no address to probe.' });
});
