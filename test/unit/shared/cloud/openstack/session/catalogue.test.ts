import { expect, onTestFinished, test } from 'vitest';
import type { Access } from '../../../../../../shared/cloud/openstack/session/access.ts';
import { isOffered } from '../../../../../../shared/cloud/openstack/session/catalogue.ts';
import { CloudSession } from '../../../../../../shared/cloud/openstack/session/session.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { startTwin, type TwinOptions } from '../../../../../twin/twin.ts';
import { aFolder } from '../../../../twin/a-twin.ts';
import { soon } from '../a-cloud.ts';

/** A session with a twin that has other regions beside its own. */
async function aSession(options: Partial<TwinOptions>, change: Partial<Access> = {}): Promise<CloudSession> {
  const twin = await startTwin({ stateDir: await aFolder(), pace: 0, ...options });
  const session = new CloudSession({ ...(await accessTo(twin.authUrl, 'demo')), ...change });
  onTestFinished(async () => {
    await session.close();
    await twin.stop();
  });
  return session;
}

const networks = { method: 'GET', service: 'network', path: '/networks' } as const;

test('a cloud of several regions, of which none is chosen, is refused, and all are named', async () => {
  const session = await aSession({ otherRegions: ['South', 'North'] });
  await expect(session.call({ ...networks, signal: soon() })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringContaining('the cloud has several regions (North, RegionOne, South), and none is chosen'),
  });
});

test('the region that is chosen is used, and no other', async () => {
  const session = await aSession({ otherRegions: ['South'] }, { region: 'RegionOne' });
  expect(await session.call({ ...networks, signal: soon() })).toMatchObject({ status: 200 });
});

test('a service that the chosen region lacks is missing, and is not taken from another', async () => {
  const session = await aSession({ otherRegions: ['South'], withoutServices: ['network'] }, { region: 'South' });
  await expect(session.call({ ...networks, signal: soon() })).rejects.toMatchObject({ code: 'E_ENDPOINT_MISSING' });
});

test('one region need not be chosen', async () => {
  const session = await aSession({});
  expect(await session.call({ ...networks, signal: soon() })).toMatchObject({ status: 200 });
});

test('a service that only another region has is not offered', async () => {
  const session = await aSession({ otherRegions: ['South'] }, { region: 'South' });
  const token = await session.token(soon());
  expect(isOffered(session.access, token, 'volume')).toBe(true);
  const catalogue = token.catalogue.map(({ type, endpoints }) => ({
    type,
    endpoints: endpoints.filter(({ region_id }) => type !== 'volumev3' || region_id !== 'South'),
  }));
  expect(isOffered(session.access, { ...token, catalogue }, 'volume')).toBe(false);
});
