import { expect, test } from 'vitest';
import { type ResourceOf, refOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../support/build.ts';
import { identitiesOf } from '../../../../../support/identities.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

const soon = () => AbortSignal.timeout(15_000);
const patience = () => ({ timeoutMs: 10_000, signal: soon() });

const ref = refOf('role_assignment', 'a1');

function anAssignment(fields: Partial<ResourceOf<'role_assignment'>>): ResourceOf<'role_assignment'> {
  return aResource('role_assignment', { id: 'a1', holder_id: 'u-source', holder_name: 'ada', role: 'member', ...fields });
}

/** A campaign of an admin into the project demo, where the user ada has no role yet. */
async function aPlace() {
  const twin = await aFurnishedTwin();
  const people = identitiesOf(await aHand(twin, 'admin'));
  const campaign = await aCampaign(twin, 'admin');
  const { projectId } = await (await aHand(twin)).session.token(soon());
  const ada = await people.user('ada');
  const before = await people.granted(projectId);
  const contextOf = (one: ResourceOf<'role_assignment'>, more: object = {}) => ({
    ...campaign.context(one),
    mappings: { ...campaign.tenant.mappings, assignments: 'carry' as const, ...more },
  });
  const ensure = (one: ResourceOf<'role_assignment'>, more: object = {}) => campaign.cloud.ensure(one, contextOf(one, more));
  return { twin, people, campaign, projectId, ada, before, contextOf, ensure };
}

test('a role is granted to who has the same name, and revoked by the rollback', async () => {
  const { people, campaign, projectId, before, contextOf, ensure } = await aPlace();
  const one = anAssignment({});
  expect(await campaign.cloud.occupied(one, contextOf(one))).toBe(false);
  const { id, how, differences } = await ensure(one);
  expect({ how, differences }).toEqual({ how: 'created', differences: { fatal: [], told: [] } });
  expect(await people.granted(projectId)).toEqual(['ada:member', ...before].sort());
  expect(await campaign.cloud.remove(ref, id, campaign.id, patience())).toBe(true);
  expect(await campaign.cloud.remove(ref, id, campaign.id, patience())).toBe(false);
  expect(await people.granted(projectId)).toEqual(before);
});

test('groups are found by name, and mapped users by name or id', async () => {
  const { people, projectId, before, ensure } = await aPlace();
  await people.group('operators');
  const eve = await people.user('eve');
  await ensure(anAssignment({ holder: 'group', holder_name: 'operators', role: 'reader' }));
  await ensure(anAssignment({ holder_name: 'bob' }), { users: { bob: { to: 'ada' } } });
  await ensure(anAssignment({ holder_name: 'carol' }), { users: { 'u-source': { to: eve } } });
  expect(await people.granted(projectId)).toEqual(['ada:member', 'eve:member', 'operators:reader', ...before].sort());
});

test('a role that is there already is adopted, even one that an earlier attempt may have granted', async () => {
  const { people, campaign, projectId, ada, contextOf, ensure } = await aPlace();
  const one = anAssignment({});
  await people.grant('users', ada, 'member', projectId);
  expect(await campaign.cloud.occupied(one, contextOf(one))).toBe(true);
  expect(await ensure(one)).toMatchObject({ how: 'adopted' });
  const claimed = { ...contextOf(one), claimed: true };
  expect(await campaign.cloud.ensure(one, claimed)).toMatchObject({ how: 'adopted' });
  expect(await campaign.cloud.find(one, claimed)).toBeNull();
});

test('a grant whose answer was lost is asked for again, and is ours', async () => {
  const { twin, people, projectId, before, ensure } = await aPlace();
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { method: 'PUT', path: '/roles/' } }]);
  expect(await ensure(anAssignment({}))).toMatchObject({ how: 'created' });
  expect(await people.granted(projectId)).toEqual(['ada:member', ...before].sort());
});

test.each([
  ['nobody is created', anAssignment({ holder_name: 'nobody' }), {}, 'nobody there has this name: the grant is not there'],
  ['nor is a role', anAssignment({ role: 'owner' }), {}, 'the role does not exist there: the grant is not there'],
  ['the plan may skip one', anAssignment({}), { users: { ada: { to: 'skip' } } }, 'the plan skips it: the grant is not there'],
  ['nor is an admin made of a namesake', anAssignment({ role: 'admin' }), {}, 'the role admin is granted only'],
])('%s, and that is told', async (_what, one, more, says) => {
  const { people, campaign, projectId, before, ensure } = await aPlace();
  const { id, how, differences } = await ensure(one, more);
  expect(how).toBe('adopted');
  expect([...differences.fatal, ...differences.told].join()).toContain(says);
  expect(await people.granted(projectId)).toEqual(before);
  expect(await campaign.cloud.remove(ref, id, campaign.id, patience())).toBe(false);
});

test('the role admin is granted to who is mapped, and adopted where a namesake has it', async () => {
  const { people, projectId, before, ensure } = await aPlace();
  await ensure(anAssignment({ role: 'admin' }), { users: { ada: { to: 'ada' } } });
  expect(await people.granted(projectId)).toEqual(['ada:admin', ...before].sort());
  const { how, differences } = await ensure(anAssignment({ role: 'admin' }));
  expect({ how, differences }).toEqual({ how: 'adopted', differences: { fatal: [], told: [] } });
});

test('preflight tells what is lacking, and decides what is granted', async () => {
  const { twin, people, campaign, projectId, ada } = await aPlace();
  await people.grant('users', ada, 'reader', projectId);
  const wanted = [
    anAssignment({ id: 'there', name: 'user ada as reader', role: 'reader' }),
    anAssignment({ id: 'lacking', name: 'user ada as member' }),
    anAssignment({ id: 'unknown', name: 'user zoe as member', holder_name: 'zoe' }),
  ];
  const look = async (cloud: typeof campaign.cloud, more: object = {}) => {
    const mappings = { ...campaign.tenant.mappings, ...more };
    const { concerns, decisions } = await cloud.preflight([...campaign.tenant.resources, ...wanted], mappings, soon());
    return {
      told: concerns.flatMap(({ code, says }) => (code.startsWith('role_assignment') ? [`${code}: ${says.split('(')[1]}`] : [])),
      actions: decisions.filter(({ ref: of }) => of.startsWith('role_assignment/')).map(({ action }) => action),
    };
  };
  expect(await look(campaign.cloud)).toEqual({
    told: ['role_assignment.kept: 2): user ada as member, user zoe as member.'],
    actions: ['adopt', 'skip', 'skip'],
  });
  expect(await look(campaign.cloud, { assignments: 'carry' })).toEqual({
    told: ['role_assignment.holder_absent: 1): user zoe as member.'],
    actions: ['adopt', 'create', 'skip'],
  });
  const member = await aCampaign(twin);
  expect((await look(member.cloud)).told).toEqual([
    'role_assignment.untold: 3): user ada as reader, user ada as member, user zoe as member.',
  ]);
  expect((await look(member.cloud, { assignments: 'carry' })).told[0]).toContain('role_assignment.rights');
});
