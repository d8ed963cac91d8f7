import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSettings } from '../../../../../../shared/cloud/openstack/account/config.ts';
import { OpenStackDestination } from '../../../../../../shared/cloud/openstack/destination.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { identitiesOf } from '../../../../../support/identities.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

test('an admin is told the users and groups that can get roles, and a member is not refused for them', async () => {
  const twin = await aFurnishedTwin();
  const people = identitiesOf(await aHand(twin, 'admin'));
  await people.group('operators', await people.user('ada'));
  const factsFor = async (user: 'demo' | 'admin') => {
    const cloud = new OpenStackDestination(await accessTo(twin.authUrl, user), OpenStackSettings.parse({}));
    onTestFinished(() => cloud.close());
    return await cloud.facts(AbortSignal.timeout(10_000));
  };
  const { users, groups } = await factsFor('admin');
  expect(users.map(({ name }) => name)).toEqual(expect.arrayContaining(['ada', 'admin', 'demo']));
  expect(groups.map(({ name }) => name)).toEqual(['operators']);
  expect(await factsFor('demo')).toMatchObject({ users: [], groups: [] });
});
