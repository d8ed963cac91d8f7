import { expect, test } from 'vitest';
import { RulesFile } from '../../../../../sender/model/rule.ts';
import { afterEarlier, propose, reasonsAbout, reasonText } from '../../../../../sender/plan/rules/reason.ts';
import { kinds } from '../../../../../shared/model/resource.ts';
import { aDocument, aFlavor, aNetwork, aResource, aServer, someFacts } from '../../../../support/build.ts';

const document = aDocument({
  flavors: [aFlavor({ id: 'f', name: 'odd', ram: 700 })],
  networks: [aNetwork({ id: 'n', name: 'app' })],
  subnets: [aResource('subnet', { network_id: 'n' })],
  security_groups: [aResource('security_group', { id: 'g', name: 'web' })],
  ports: [aResource('port', { id: 'p', network_id: 'n', security_groups: ['g'] })],
  volumes: [aResource('volume', { id: 'v', volume_type: 'ssd', size: 50 })],
  servers: [
    aServer({ id: 's1', name: 'web-1', flavor_id: 'f', ports: ['p'], volumes: ['v'], tags: ['prod'] }),
    aServer({ id: 's2', name: 'twin', flavor_id: 'f' }),
    aServer({ id: 's3', name: 'twin', flavor_id: 'f' }),
  ],
});
const small = { id: '1', name: 'small', vcpus: 1, ram: 800, disk: 1, ephemeral: 0, swap: 0, extra_specs: {} };
const facts = someFacts({ kinds: [...kinds], flavors: [small], volume_types: [{ id: 't', name: 'nvme', extra_specs: {} }] });
const { rules } = RulesFile.parse({
  rules: [
    { name: 'production apart', maps: 'server', when: { tag: 'prod', size_gib: '50..' }, to: 'az-2' },
    { name: 'ssd to nvme', maps: 'volume_type', when: { type: 'ssd' }, to: 'nvme' },
    { name: 'one web group', maps: 'security_group', when: { name: 'web' }, to: 'shared-web' },
  ],
});

test('a server is explained with all that it needs: by which rule, which usage, or that nothing maps it', () => {
  const { mappings, reasons } = propose(document, facts, rules, {});
  expect(mappings).toMatchObject({
    servers: { s1: { availability_zone: 'az-2' } },
    volume_types: { ssd: { to: 'nvme' } },
    security_groups: { g: { to: 'shared-web' } },
  });
  expect(mappings.flavors['f']).toBeUndefined();
  expect(reasonsAbout(reasons, 'server/web-1', document).map(reasonText)).toEqual([
    'flavor/f (odd): not mapped, for no rule holds and nothing there is equal; it may be small (0.88: ram 800 for 700)',
    'network/n (app): create, for it becomes a new network',
    'security_group/g (web): shared-web, the rule "one web group"',
    'volume_type/ssd: nvme, the rule "ssd to nvme"',
    'server/s1 (web-1): az-2, the rule "production apart"',
  ]);
  expect(() => reasonsAbout(reasons, 'server/twin', document)).toThrow('server/s2, server/s3');
  expect(() => reasonsAbout(reasons, 'port/p', document)).toThrow('Nothing of the plan is port/p');
});

test('a suggestion is taken from its score on, or when it was chosen, and the reason says so', () => {
  const flavorBy = (accepted: Parameters<typeof propose>[3]) =>
    propose(document, facts, rules, accepted).mappings.flavors['f']?.to;
  expect(flavorBy({ above: 0.9 })).toBeUndefined();
  expect(flavorBy({ above: 0.8 })).toBe('small');
  expect(flavorBy({ chosen: [{ ref: 'flavor/f', to: 'small' }] })).toBe('small');
  expect(flavorBy({ chosen: [{ ref: 'flavor/f', to: 'never suggested' }] })).toBeUndefined();
  const [first] = propose(document, facts, rules, { above: 0.8 }).reasons;
  expect(first).toMatchObject({ to: 'small', says: 'an accepted suggestion (0.88: ram 800 for 700)', suggestions: [] });
});

test('what an earlier campaign built is told as the reason', () => {
  const { mappings, reasons } = propose(document, facts, [], {});
  const later = afterEarlier(reasons, document, { ...mappings, networks: { n: { to: 'id-there' } } });
  expect(later.find(({ ref }) => ref === 'network/n')).toMatchObject({ to: 'id-there', says: 'an earlier campaign built it' });
  expect(later.filter(({ says }) => says.includes('earlier'))).toHaveLength(1);
});

test('users, groups and projects are mapped by rules, and an alike name is taken by hand alone', () => {
  const held = (id: string, holder_name: string, holder: 'user' | 'group' = 'user') =>
    aResource('role_assignment', { id: `${id}.r`, holder, holder_id: id, holder_name, role: 'member' });
  const shop = aDocument({
    role_assignments: [held('u1', 'ada'), held('u2', 'bob.smith'), held('u3', 'eve'), held('g1', 'ops', 'group')],
    rbac_policies: [aResource('rbac_policy', { target_project: 'p-old' })],
  });
  const people = someFacts({
    kinds: [...kinds],
    users: [
      { id: 'a', name: 'ada' },
      { id: 'b', name: 'bob-smith' },
    ],
  });
  const { rules: own } = RulesFile.parse({
    rules: [
      { name: 'operators', maps: 'group', when: { name: 'op*' }, to: 'operators' },
      { name: 'the lab', maps: 'project', when: { name: 'p-*' }, to: 'p-new' },
      { name: 'gone', maps: 'user', when: { name: 'eve' }, to: 'skip' },
    ],
  });
  const { mappings, reasons } = propose(shop, people, own, { above: 0.1 });
  expect(mappings).toMatchObject({
    users: { u3: { name: 'eve', to: 'skip' } },
    groups: { g1: { name: 'ops', to: 'operators' } },
    projects: { 'p-old': { to: 'p-new' } },
  });
  expect(reasons.map(reasonText)).toEqual([
    'user/u1 (ada): ada, who has the same name there',
    'user/u2 (bob.smith): not mapped, for no rule holds and nothing there is equal; it may be bob-smith (0.68: a name that is alike)',
    'user/u3 (eve): skip, the rule "gone"',
    'group/g1 (ops): operators, the rule "operators"',
    'project/p-old: p-new, the rule "the lab"',
  ]);
  expect(reasonsAbout(reasons, 'user/ada', shop)).toHaveLength(1);
  const chosen = propose(shop, people, own, { chosen: [{ ref: 'user/u2', to: 'bob-smith' }] });
  expect(chosen.mappings.users).toMatchObject({ u2: { name: 'bob.smith', to: 'bob-smith' } });
});

test('where the destination does not tell its people, who has the same name is meant', () => {
  const one = aResource('role_assignment', { id: 'u1.r', holder: 'user', holder_id: 'u1', holder_name: 'ada', role: 'member' });
  const { mappings, reasons } = propose(aDocument({ role_assignments: [one] }), someFacts({ kinds: [...kinds] }), [], {});
  expect(mappings.users).toBeUndefined();
  expect(reasons.map(reasonText)).toEqual(['user/u1 (ada): ada, who has the same name there']);
});
