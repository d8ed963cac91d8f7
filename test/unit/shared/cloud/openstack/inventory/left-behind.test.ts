import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, Hand, populate } from '../../../../../conformance/furnish.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';
import { aVolumeOf } from '../a-volume-server.ts';

async function captured(twin: Twin, user: 'demo' | 'admin' = 'demo', servers: readonly string[] = [], project: string = user) {
  const source = new OpenStackSource(await accessTo(twin.authUrl, user, project));
  onTestFinished(() => source.close());
  const selection = { project: 'demo', servers, withoutImages: true };
  const { concerns } = await source.inventory(selection, AbortSignal.timeout(30_000));
  return concerns.filter(({ code }) => code.startsWith('left_behind.'));
}

const elsewhere = {
  'load-balancer': ['lb 1', 'lb 2'],
  orchestration: ['a stack'],
  sharev2: ['a share'],
  'object-store': ['a container'],
  'key-manager': ['a secret'],
  'container-infra': ['a cluster'],
  database: ['a database'],
};

test('what a project owns and no campaign moves is told, one concern for each kind with its number', async () => {
  const twin = await aFurnishedTwin({ elsewhere });
  await populate(twin.authUrl);
  const found = await captured(twin);
  expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual(
    ['clusters', 'containers', 'databases', 'images', 'load_balancers', 'secrets', 'shares', 'stacks', 'unread'].map(
      (kind) => `warning left_behind.${kind}`,
    ),
  );
  expect(found.find(({ code }) => code === 'left_behind.load_balancers')?.says).toBe(
    'The project has load balancers that are not moved (2): lb 1, lb 2.',
  );
});

test('everything that is told is counted over all pages of its list, however each service links them', async () => {
  const many = Object.fromEntries(Object.keys(elsewhere).map((type) => [type, ['a', 'b', 'c', 'd', 'e']]));
  const twin = await aFurnishedTwin({ elsewhere: many, pageSize: 2 });
  const demo = await aHand(twin);
  const volume_id = await aVolumeOf(demo, { name: 'an archive' });
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await demo.ask('POST', 'volume', '/backups', { backup: { volume_id, name } });
    await demo.ask('POST', 'volume', '/groups', { group: { name, group_type: 'of one moment', volume_types: ['any'] } });
  }
  const found = await captured(twin);
  const told = found.map(({ code, says }) => `${code} ${/\(\d+\)/.exec(says)?.[0]}`);
  const kinds = ['clusters', 'containers', 'databases', 'load_balancers', 'secrets', 'shares', 'stacks'];
  const expected = [...kinds, 'volume_backups', 'volume_groups'].map((kind) => `left_behind.${kind} (5)`);
  expect(told).toEqual(expect.arrayContaining(expected));
});

test('backups, groups, their snapshots and transfers are told with their volumes and odd states', async () => {
  const twin = await aFurnishedTwin();
  const demo = await aHand(twin);
  const made = async (path: string, one: string, fields: object): Promise<string> => {
    const answer = await demo.ask<Record<string, { id: string }>>('POST', 'volume', path, { [one]: fields });
    return answer[one]?.id ?? '';
  };
  const group_id = await made('/groups', 'group', { name: 'the shop', group_type: 'of one moment', volume_types: ['any'] });
  const volume_id = await aVolumeOf(demo, { name: 'orders', group_id });
  await aVolumeOf(demo, { name: 'stock', group_id });
  await made('/group_snapshots', 'group_snapshot', { name: 'sunday', group_id });
  await made('/backups', 'backup', { name: 'nightly', volume_id });
  const given = await aVolumeOf(demo, { name: 'a gift' });
  await made('/os-volume-transfer', 'transfer', { name: 'for bob', volume_id: given });
  const found = await captured(twin);
  const says = (kind: string) => found.find(({ code }) => code === `left_behind.volume_${kind}`)?.says;
  expect(says('backups')).toContain('(1): nightly of orders.');
  expect(says('groups')).toMatch(/\(1\): the shop of (orders and stock|stock and orders)\./);
  expect(says('group_snapshots')).toMatch(/\(1\): sunday of (orders and stock|stock and orders)\./);
  expect(says('transfers')).toContain('(1): for bob of a gift.');
  expect(found.find(({ code }) => code === 'left_behind.unread')?.says).not.toContain('volume');
});

test('a cloud without groups of volumes has none, and is not said to hide them', async () => {
  const twin = await aFurnishedTwin();
  const match = { service: 'volume', path: '/group' } as const;
  twin.faults.set([{ do: 'status', status: 404, match }]);
  const unread = async () => (await captured(twin)).find(({ code }) => code === 'left_behind.unread')?.says;
  expect(await unread()).not.toContain('volume');
  twin.faults.set([{ do: 'status', status: 403, match }]);
  expect(await unread()).toContain('volume group snapshots, volume groups.');
});

test('a keypair of another user that no server uses is told to an admin, and one of our own is carried', async () => {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const demo = await aHand(twin);
  const { public_key } = (await aCampaign(twin)).tenant.get('keypair');
  await demo.ask('POST', 'compute', '/os-keypairs', { keypair: { name: 'ops', public_key } });
  const { userId } = await demo.session.token(AbortSignal.timeout(5000));
  const told = async (user: 'demo' | 'admin') =>
    (await captured(twin, user)).find(({ code }) => code === 'left_behind.keypairs')?.says;
  expect(await told('demo')).toBeUndefined();
  expect(await told('admin')).toContain(`(1): ops of user ${userId}`);
});

test('hidden images are told among those that stay behind', async () => {
  const twin = await aFurnishedTwin();
  const demo = await aHand(twin);
  const image = { name: 'outdated', disk_format: 'raw', container_format: 'bare', os_hidden: true };
  await demo.ask('POST', 'image', '/images', image);
  const found = await captured(twin);
  expect(found.find(({ code }) => code === 'left_behind.images')?.says).toContain('(1): outdated.');
});

test('services of which nothing is known are named, and not asked', async () => {
  const twin = await aFurnishedTwin({ furtherServices: ['workflowv2', 'alarming', 'placement'] });
  const found = await captured(twin);
  expect(found.find(({ code }) => code === 'left_behind.services')?.says).toContain('(2): alarming, workflowv2.');
  expect((await captured(await aFurnishedTwin({ elsewhere }))).map(({ code }) => code)).not.toContain('left_behind.services');
});

test('each secret is named with its type and the day on which it expires, and what it holds is not asked for', async () => {
  const twin = await aFurnishedTwin({ elsewhere: { 'key-manager': ['tls key', 'db password'] } });
  const found = await captured(twin);
  expect(found.find(({ code }) => code === 'left_behind.secrets')?.says).toContain(
    '(2): tls key (passphrase, until 2030-01-31), db password (passphrase, until 2030-01-31).',
  );
  const asked = twin.requests.filter(({ path }) => path.includes('/key-manager/')).map(({ path }) => path.split('?')[0]);
  expect(new Set(asked)).toEqual(new Set(['/elsewhere/key-manager/v1/secrets', '/elsewhere/key-manager/v1/containers']));
});

test('a service that fails stops no capture, and is named', async () => {
  const twin = await aFurnishedTwin({ elsewhere: { orchestration: ['a stack'], 'key-manager': ['a secret'] } });
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'elsewhere', path: '/stacks' } }]);
  const found = await captured(twin);
  expect(found.find(({ code }) => code === 'left_behind.unread')?.says).toMatch(/not moved: .*, stacks/);
  expect(found.map(({ code }) => code)).toContain('left_behind.secrets');
});

test('an admin is told that other services list only what is of the admin’s own project', async () => {
  const twin = await aFurnishedTwin({ elsewhere });
  await populate(twin.authUrl);
  const found = await captured(twin, 'admin');
  expect(found.map(({ code }) => code)).toEqual(expect.arrayContaining(['left_behind.images', 'left_behind.unread']));
  expect(found.map(({ code }) => code)).not.toContain('left_behind.stacks');
});

test('Cinder is asked where the configuration says, as for the volumes of servers', async () => {
  const twin = await aFurnishedTwin({ withoutServices: ['volume'] });
  const endpoints = { volume: twin.authUrl.replace(/identity.*/, 'volume') };
  const access = { ...(await accessTo(twin.authUrl, 'demo')), endpoints };
  const hand = new Hand(access);
  onTestFinished(() => hand.session.close());
  const volume_id = await aVolumeOf(hand, { name: 'an archive' });
  await hand.ask('POST', 'volume', '/snapshots', { snapshot: { volume_id, name: 'before the upgrade' } });
  const source = new OpenStackSource(access);
  onTestFinished(() => source.close());
  const { concerns } = await source.inventory({ project: 'demo', servers: [] }, AbortSignal.timeout(30_000));
  expect(concerns.find(({ code }) => code === 'left_behind.volume_snapshots')?.says).toContain('(1): before the upgrade.');
});

test('of chosen servers nothing else is told, for all the rest stays behind', async () => {
  const twin = await aFurnishedTwin({ elsewhere });
  const name = await populate(twin.authUrl);
  expect(await captured(twin, 'demo', [name])).toEqual([]);
});

test('what Keystone tells nobody but an admin is named once for others', async () => {
  const twin = await aFurnishedTwin();
  const unread = (await captured(twin)).filter(({ code }) => code === 'left_behind.unread');
  expect(unread.map(({ says }) => says.split(': ')[1])).toEqual(['keypairs and credentials of other users, role assignments.']);
  const found = await captured(twin, 'admin', [], 'demo');
  expect(found.map(({ code }) => code)).not.toContain('left_behind.unread');
});
