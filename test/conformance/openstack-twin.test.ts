import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { providers } from '../../shared/cloud/all.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import type { SourceCloud } from '../../shared/cloud/source-cloud.ts';
import { startTwin, type Twin } from '../twin/twin.ts';
import { itIsADestinationCloud } from './destination.ts';
import { accessTo, attachVolume, furnish, Hand, makeVolume, populate } from './furnish.ts';
import { itReadsLoneVolumes } from './lone-volume.ts';
import { itIsASourceCloud, type SourceUnderTest } from './source.ts';

const openstack = providers['openstack'];

function settingsOf(twin: Twin): unknown {
  const auth = { auth_url: twin.authUrl, username: 'demo', password: 'twin', project_name: 'demo' };
  return openstack?.settings.parse({ auth });
}

async function aTwin(): Promise<{ twin: Twin; end: () => Promise<void> }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'twin-'));
  const options = { pace: 0.02, pageSize: 3, gibibyte: 8 * 1024 * 1024, zeroDiskForMembers: true };
  const twin = await startTwin({ stateDir, ...options });
  await furnish(twin.authUrl);
  const end = async (): Promise<void> => {
    await twin.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
  return { twin, end };
}

/** A source whose server has a disk of its own, and a volume too. */
async function aSource(hasVolume: boolean): Promise<SourceUnderTest> {
  const { twin, end } = await aTwin();
  const server = await populate(twin.authUrl);
  if (hasVolume) await attachVolume(twin.authUrl, server);
  const cloud = (await openstack?.source?.(settingsOf(twin))) as SourceCloud;
  return { cloud, server, close: () => cloud.close().then(end) };
}

itIsASourceCloud(() => aSource(false));

describe('whose server has a volume', () => itIsASourceCloud(() => aSource(true)));

itReadsLoneVolumes(async () => {
  const { twin, end } = await aTwin();
  const volume = await makeVolume(twin.authUrl, 'archive');
  const cloud = (await openstack?.source?.(settingsOf(twin))) as SourceCloud;
  return { cloud, volume, close: () => cloud.close().then(end) };
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
