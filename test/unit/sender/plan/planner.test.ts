import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Plan } from '../../../../sender/model/plan.ts';
import { planText } from '../../../../sender/plan/plan-text.ts';
import { makePlan } from '../../../../sender/plan/planner.ts';
import { proposeMappings } from '../../../../shared/cloud/propose-mappings.ts';
import { parseYaml } from '../../../../shared/config.ts';
import { resourcesOf } from '../../../../shared/model/configurations.ts';
import type { Ref } from '../../../../shared/model/resource.ts';
import { aDocument, aFlavor, aNetwork, aPlan, aResource, aServer, aTenant, someFacts } from '../../../support/build.ts';

const small = { vcpus: 1, ram: 512, disk: 1, ephemeral: 0, swap: 0, extra_specs: {} };
const theirs = (name: string, external: boolean, cidr = '203.0.113.0/24') => ({
  id: `id-of-${name}`,
  name,
  external,
  shared: external,
  project_id: 'admin',
  subnets: [{ id: 's', name: 's', cidr, ip_version: 4 }],
});

test('a plan moves every server in one wave, in the order of the document, and is the same for the same inputs', () => {
  const document = aTenant(3);
  const plan = makePlan(document, proposeMappings(document, someFacts()), 2);
  expect(plan.waves.map(({ servers }) => servers.map(({ id }) => id))).toEqual([['s1', 's2', 's3']]);
  expect(plan.options.parallel).toBe(2);
  expect(makePlan(document, proposeMappings(document, someFacts()), 2)).toEqual(plan);
});

test('a flavor becomes one of the same size, by preference of the same name; without one it is created by an admin and left open otherwise', () => {
  const document = aDocument({ flavors: [aFlavor({ id: 'f', name: 'tiny' })] });
  const tiny = { id: '1', name: 'tiny', ...small };
  const other = { id: '2', name: 'other', ...small };
  const to = (facts: Parameters<typeof someFacts>[0]) => proposeMappings(document, someFacts(facts)).flavors['f']?.to;
  expect(to({ flavors: [other, tiny] })).toBe('tiny');
  expect(to({ flavors: [other] })).toBe('other');
  expect(to({ flavors: [{ ...tiny, extra_specs: { 'hw:cpu_policy': 'dedicated' } }, other] }), 'equal extra specs first').toBe(
    'other',
  );
  expect(to({ flavors: [{ ...tiny, ram: 1024 }] })).toBeUndefined();
  expect(to({ flavors: [{ ...tiny, swap: 1 }], admin: true })).toBe('create');
});

test('external networks are mapped by name or because there is only one, the project’s own are created', () => {
  const networks = [aNetwork({ id: 'own' }), aNetwork({ id: 'ext', name: 'public', external: true, shared: true })];
  const document = aDocument({ networks, subnets: [aResource('subnet', { network_id: 'own' })] });
  const to = (names: readonly string[]) =>
    proposeMappings(document, someFacts({ networks: [theirs('lan', false), ...names.map((name) => theirs(name, true))] }))
      .networks;
  expect(to(['internet'])).toMatchObject({ own: { to: 'create' }, ext: { to: 'internet' } });
  expect(to(['internet', 'public'])['ext']?.to).toBe('public');
  expect(to(['internet', 'lan', 'public'])['ext']?.to).toBe('public');
  expect(to(['internet', 'backbone'])['ext']).toBeUndefined();
  expect(to([])['ext']).toBeUndefined();
});

test('a network is mapped to by its id where its name means another network, or nothing', () => {
  const document = aDocument({ networks: [aNetwork({ id: 'ext', name: 'public', external: true, shared: true })] });
  const to = (name: string, ...others: readonly ReturnType<typeof theirs>[]) =>
    proposeMappings(document, someFacts({ networks: [theirs(name, true), ...others] })).networks['ext']?.to;
  expect(to('public', { ...theirs('public', false), id: 'id-of-another' })).toBe('id-of-public');
  expect(to('public', { ...theirs('lan', false), id: 'public' })).toBe('id-of-public');
  expect(to('create')).toBe('id-of-create');
  expect(to('')).toBe('id-of-');
});

test('a floating address stays the same only where it exists and may be chosen', () => {
  const document = aDocument({ floating_ips: [aResource('floating_ip', { id: 'ip', floating_ip_address: '203.0.113.9' })] });
  const to = (cidr: string, admin: boolean) =>
    proposeMappings(document, someFacts({ admin, networks: [theirs('internet', true, cidr)] })).floating_ips['ip']?.to;
  expect(to('203.0.113.0/24', true)).toBe('same');
  expect(to('203.0.113.0/24', false)).toBe('auto');
  expect(to('203.0.113.0/29', true)).toBe('auto');
  expect(to('0.0.0.0/0', true)).toBe('same');
  expect(to('2001:db8::/32', true)).toBe('auto');
});

test('a plan that is written for people reads back as the same plan, whatever its names and complaints hold', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  fc.assert(
    fc.property(text, text, fc.array(text, { maxLength: 3 }), (project, name, says) => {
      const document = aDocument({
        source: { provider: 'openstack', project_id: 'p', project_name: project },
        servers: [aServer({ id: 's1', name }), aServer({ id: '-2', name: `- ${name}: #` })],
      });
      const plan = aPlan(document, { mappings: { gateways: { r1: { name, ip: 'auto' } } } });
      const concerns = says.map((line) => ({ code: 'a.b', severity: 'warning' as const, says: line, remedy: line }));
      const decisions = says.map((why) => ({ ref: 'network/n' as const, action: 'create' as const, why }));
      expect(parseYaml(planText(plan, resourcesOf(document), concerns, decisions), 'plan.yaml', Plan, 'E_PLAN')).toEqual(plan);
    }),
  );
});

test('what was found stands above the plan with the names of what it is about', () => {
  const document = aTenant(1);
  const [server] = document.servers;
  const plan = aPlan(document);
  const concern = {
    code: 'flavor.missing',
    severity: 'blocking' as const,
    about: 'flavor/f1' as const,
    says: 'Two\nlines.',
    remedy: 'Map it.',
  };
  const decision = { ref: `server/${server?.id}` as const, action: 'create' as const, why: 'it is new' };
  const written = planText(plan, resourcesOf(document), [concern], [decision]);
  expect(written).toContain(`#   - blocking: flavor ${document.flavors[0]?.name}: Two lines. Map it. (flavor.missing)`);
  expect(written).toContain(`#   - create (it is new): 1 server (${server?.name})`);
  expect(planText(plan, [], [], [])).toContain('# What would happen at the destination: none.');
});

test('decisions are counted by kind; ids are told only where names repeat', () => {
  const named = (id: string, name: string) => aNetwork({ id, name });
  const networks = [named('n1', 'web'), named('n2', 'app'), named('n3', 'twice'), named('n4', 'twice')];
  const document = aDocument({
    networks,
    floating_ips: [aResource('floating_ip', { id: 'ip', floating_ip_address: '203.0.113.9' })],
  });
  const create = (ref: Ref) => ({ ref, action: 'create' as const, why: 'nothing stands for it' });
  const rules = [create('security_group_rule/1'), create('security_group_rule/2')];
  const decisions = [...networks.map(({ id }) => create(`network/${id}`)), create('floating_ip/ip'), ...rules];
  const comments = commentsOf(planText(aPlan(aTenant(1)), resourcesOf(document), [], decisions));
  expect(comments.replaceAll(/\n# +/g, ' ')).toContain(
    'create (nothing stands for it): 4 networks (app, twice (network/n3), twice (network/n4), web), 1 floating IP (203.0.113.9), 2 security group rules',
  );
});

test('no comment of a plan is wider than 100 columns, however much there is to say', () => {
  const document = aTenant(30);
  const about = 'server/s1' as const;
  const concern = { code: 'a.b', severity: 'warning' as const, about, says: 'one word after the other '.repeat(20), remedy: '' };
  const decisions = document.servers.map(({ id }) => ({ ref: `server/${id}` as const, action: 'create' as const, why: 'new' }));
  const comments = commentsOf(planText(aPlan(document), resourcesOf(document), [concern], decisions));
  expect(comments.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

function commentsOf(written: string): string {
  return written
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .join('\n');
}
