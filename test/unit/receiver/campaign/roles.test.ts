import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessTo, Hand } from '../../../conformance/furnish.ts';
import { identitiesOf } from '../../../support/identities.ts';
import { beginMigration, type Cloud, untilState } from '../../../support/in-process.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

/** The users of a cloud, and those who have a role in its project. */
async function peopleOf({ twin }: Cloud) {
  const hand = new Hand(await accessTo(twin.authUrl, 'admin', 'shop'));
  const { projectId } = await hand.session.token(AbortSignal.timeout(5000));
  return { hand, people: identitiesOf(hand), projectId, close: () => hand.session.close() };
}

test('roles that the plan carries are granted, and the rollback revokes those alone', async () => {
  const { world, sender } = await template.world('admin');
  const source = await peopleOf(world.source);
  for (const name of ['ada', 'bob', 'zoe'])
    await source.people.grant('users', await source.people.user(name), 'member', source.projectId);
  const there = await peopleOf(world.destination);
  await there.people.user('ada');
  await there.people.grant('users', await there.people.user('bob'), 'member', there.projectId);
  const before = await there.people.granted(there.projectId);
  const { concerns } = await sender.daemon.plan({ servers: [] });
  expect(concerns.map(({ code }) => code)).toContain('role_assignment.kept');
  const campaign = await beginMigration(sender, (plan) => plan.replace(/^ {2}assignments: keep$/m, '  assignments: carry'));
  await untilState(sender, 'ready');
  expect(await there.people.granted(there.projectId)).toEqual([...before, 'ada:member'].sort());
  const { campaigns } = await sender.daemon.status();
  const told = campaigns[0]?.differences.filter(({ ref }) => ref.startsWith('role_assignment/')) ?? [];
  expect(told.map(({ says }) => says)).toEqual(['nobody there has this name: the grant is not there']);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await there.people.granted(there.projectId)).toEqual(before);
  await source.close();
  await there.close();
});

test('verify counts a role that nobody holds there as told, and one that was revoked since as different', async () => {
  const { world, sender } = await template.world('admin');
  const source = await peopleOf(world.source);
  const there = await peopleOf(world.destination);
  for (const name of ['bob', 'zoe'])
    await source.people.grant('users', await source.people.user(name), 'member', source.projectId);
  const bob = await there.people.user('bob');
  await there.people.grant('users', bob, 'member', there.projectId);
  const campaign = await beginMigration(sender, (plan) => plan.replace(/^ {2}assignments: keep$/m, '  assignments: carry'));
  await untilState(sender, 'ready');
  const rolesSeen = async () => {
    const { comparison } = await sender.daemon.verify({ campaign });
    const lines = comparison?.lines.filter(({ ref }) => ref.startsWith('role_assignment/')) ?? [];
    const said = lines.map(({ name, attribute, is, severity }) => ({ name, attribute, is, severity }));
    return { worst: comparison?.worst, mapped: comparison?.kinds['role_assignment']?.mapped, said };
  };
  const zoe = { name: 'user zoe as member', attribute: '*', is: 'told', severity: null };
  const before = await rolesSeen();
  expect({ worst: before.worst, said: before.said }).toEqual({ worst: null, said: [zoe] });
  await there.hand.ask(
    'DELETE',
    'identity',
    `/projects/${there.projectId}/users/${bob}/roles/${await there.people.roleId('member')}`,
  );
  const after = await rolesSeen();
  expect(after.said).toEqual([{ name: 'user bob as member', attribute: '*', is: 'different', severity: 'minor' }, zoe]);
  expect(after.worst).toBe('minor');
  expect(after.mapped).toBeLessThan(before.mapped ?? 0);
  await source.close();
  await there.close();
});
