import { expect, onTestFinished, test } from 'vitest';
import { assignmentsIn, assignmentsLeft } from '../../../../../../shared/cloud/openstack/inventory/people.ts';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { identitiesOf } from '../../../../../support/identities.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

/** What a capture of the project demo by an admin in it holds and tells of who has roles there. */
async function captured(twin: Twin) {
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'admin', 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(30_000));
  const left = concerns.find(({ code }) => code === 'left_behind.role_assignments');
  return { names: document.role_assignments.map(({ name }) => name).sort(), left };
}

async function aDomain() {
  const twin = await aFurnishedTwin();
  const people = identitiesOf(await aHand(twin, 'admin'));
  const { projectId } = await (await aHand(twin)).session.token(AbortSignal.timeout(5000));
  return { twin, people, projectId };
}

test('users and groups with roles in the project are captured with their names', async () => {
  const { twin, people, projectId } = await aDomain();
  await people.grant('groups', await people.group('operators', await people.user('ada')), 'reader', projectId);
  const { names, left } = await captured(twin);
  expect(names).toEqual(['group operators as reader', 'user admin as admin', 'user demo as member']);
  expect(left).toBeUndefined();
});

test('a role that comes from the domain is named as inherited, and an implied one is not named', async () => {
  const { twin, people } = await aDomain();
  await people.grantInherited(await people.user('auditor'), 'member');
  const { left } = await captured(twin);
  expect(left?.says.split(': ')[1]).toBe('user auditor as member by inheritance.');
  expect(left?.remedy).toContain('Give these users and groups their roles at the destination');
});

test('a user or a role without a name is told by id, and one of another domain with it', () => {
  const people = {
    granted: [
      { role: { id: 'r1', name: 'member' }, user: { id: 'u1', name: '' } },
      { role: { id: 'r2' }, user: { id: 'u2', name: 'eve', domain: { id: 'd', name: 'corp' } } },
      { role: { id: 'r3', name: 'buyer', domain: { id: 'd', name: 'corp' } }, user: { id: 'u3', name: 'bob' } },
    ],
    effective: [],
  };
  expect(assignmentsIn(people)).toEqual([]);
  expect(assignmentsLeft(people)).toEqual(['user bob as buyer', 'user eve of domain corp as r2', 'user u1 as member']);
});

test('a role that projects below inherit is named so', () => {
  const scope = { project: { id: 'p' }, 'OS-INHERIT:inherited_to': 'projects' };
  const granted = [{ role: { id: 'r', name: 'reader' }, group: { id: 'g', name: 'audit' }, scope }];
  expect(assignmentsIn({ granted, effective: [] })).toEqual([]);
  expect(assignmentsLeft({ granted, effective: [] })).toEqual(['group audit as reader of the projects below']);
});
