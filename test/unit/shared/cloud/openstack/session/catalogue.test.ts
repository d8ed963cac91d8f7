import { expect, onTestFinished, test } from 'vitest';
import type { Access } from '../../../../../../shared/cloud/openstack/session/access.ts';
import { endpointOf, isOffered } from '../../../../../../shared/cloud/openstack/session/catalogue.ts';
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

const old = {
  compute: 'http://cloud.test:8774/v2/p1',
  volumev2: 'http://cloud.test:8776/v2/p1',
  volume: 'http://cloud.test:8776/v1/p1',
};

/** A token whose catalogue has some entries of an older cloud, and nothing else. */
async function anOldCatalogue(types: readonly (keyof typeof old)[]) {
  const session = await aSession({});
  const token = await session.token(soon());
  const catalogue = types.map((type) => ({
    type,
    endpoints: [{ interface: 'public', region_id: 'RegionOne', url: old[type] }],
  }));
  return { access: session.access, token: { ...token, catalogue } };
}

test('a catalogue that was written for older versions leads to those that are spoken', async () => {
  const { access, token } = await anOldCatalogue(['compute', 'volume', 'volumev2']);
  expect(endpointOf(access, token, 'compute')).toBe('http://cloud.test:8774/v2.1/p1');
  expect(endpointOf(access, token, 'volume')).toBe('http://cloud.test:8776/v3/p1');
});

test.each(['volume', 'volumev2'] as const)('a Cinder that is listed only as %s is not taken for none', async (type) => {
  const { access, token } = await anOldCatalogue([type]);
  expect(isOffered(access, token, 'volume')).toBe(true);
  expect(endpointOf(access, token, 'volume')).toBe('http://cloud.test:8776/v3/p1');
});
