import { expect, onTestFinished, test } from 'vitest';
import { OpenStackDestination } from '../../../../../../shared/cloud/openstack/destination.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aHand } from '../a-destination.ts';
import { patience } from '../a-source.ts';
import { aSourceWithVolumes, untilStatus } from '../a-volume-server.ts';

test('a server that runs is lost with a volume that is in error, is being deleted, or is gone', async () => {
  const { twin, hand, serverId, root, data } = await aSourceWithVolumes();
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  const look = () => cloud.healthy({ id: serverId, volumes: [root, data] }, undefined, patience().signal);
  const admin = await aHand(twin, 'admin');
  const set = (status: string) => admin.ask('POST', 'volume', `/volumes/${data}/action`, { 'os-reset_status': { status } });
  expect(await look()).toMatchObject({ healthy: true });
  await set('error');
  expect(await look()).toEqual({ healthy: false, says: `The volume ${data} is error.`, lost: true });
  await set('in-use');
  expect(await look()).toMatchObject({ healthy: true });
  await hand.ask('DELETE', 'compute', `/servers/${serverId}/os-volume_attachments/${data}`);
  await untilStatus(hand, 'volume', `/volumes/${data}`, 'volume', 'available');
  await hand.ask('DELETE', 'volume', `/volumes/${data}`);
  expect(await look()).toMatchObject({ healthy: false, lost: true });
  await expect.poll(look).toMatchObject({ lost: true, says: `The volume ${data} is gone.` });
});
