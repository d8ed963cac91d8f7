import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providers } from '../../shared/cloud/all.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import type { SourceCloud } from '../../shared/cloud/source-cloud.ts';
import { startTwin, type Twin } from '../twin/twin.ts';
import { itIsADestinationCloud } from './destination.ts';
import { accessTo, furnish, Hand, populate } from './furnish.ts';
import { itIsASourceCloud } from './source.ts';

const openstack = providers['openstack'];

function settingsOf(twin: Twin): unknown {
  const auth = { auth_url: twin.authUrl, username: 'demo', password: 'twin', project_name: 'demo' };
  return openstack?.settings.parse({ auth });
}

async function aTwin(): Promise<{ twin: Twin; end: () => Promise<void> }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'twin-'));
  const twin = await startTwin({ stateDir, pace: 0.02, pageSize: 3, zeroDiskForMembers: true });
  await furnish(twin.authUrl);
  const end = async (): Promise<void> => {
    await twin.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
  return { twin, end };
}

itIsASourceCloud(async () => {
  const { twin, end } = await aTwin();
  const server = await populate(twin.authUrl);
  const cloud = (await openstack?.source?.(settingsOf(twin))) as SourceCloud;
  return { cloud, server, close: () => cloud.close().then(end) };
});

itIsADestinationCloud(async () => {
  const { twin, end } = await aTwin();
  const cloud = (await openstack?.destination?.(settingsOf(twin))) as DestinationCloud;
  const storeImage = async (bytes: Buffer): Promise<string> => {
    const user = new Hand(await accessTo(twin.authUrl, 'demo'));
    const id = await user.store({ name: 'base' }, bytes);
    await user.session.close();
    return id;
  };
  return { cloud, storeImage, close: () => cloud.close().then(end) };
});
