import { expect, test } from 'vitest';
import { aboutTheRest, withoutSkipped } from '../../../../sender/plan/skip.ts';
import type { Concern } from '../../../../shared/model/concern.ts';
import { concernTable } from '../../../../shared/model/concern-table.ts';
import { aDocument, aNetwork, aResource, aServer } from '../../../support/build.ts';

const document = aDocument({
  networks: [aNetwork({ id: 'n1' }), aNetwork({ id: 'n2' })],
  subnets: [aResource('subnet', { id: 'u2', needs: ['network/n2'], network_id: 'n2' })],
  routers: [aResource('router', { id: 'r1' })],
  gateways: [aResource('gateway', { id: 'r1', needs: ['router/r1', 'network/n1'], router_id: 'r1', network_id: 'n1' })],
  security_groups: [aResource('security_group', { id: 'g1' }), aResource('security_group', { id: 'g2' })],
  security_group_rules: [
    aResource('security_group_rule', {
      id: 'x1',
      needs: ['security_group/g1', 'security_group/g2'],
      security_group_id: 'g1',
      remote_group_id: 'g2',
    }),
  ],
  keypairs: [aResource('keypair', { id: 'ops', name: 'ops' })],
  server_groups: [aResource('server_group', { id: 'sg1' })],
  flavors: [aResource('flavor', { id: 'f1' })],
  ports: [aResource('port', { id: 'p1', needs: ['network/n1', 'security_group/g2'], network_id: 'n1', security_groups: ['g2'] })],
  servers: [
    aServer({
      id: 's1',
      flavor_id: 'f1',
      key_name: 'ops',
      server_group_id: 'sg1',
      ports: ['p1'],
      needs: ['keypair/ops', 'server_group/sg1', 'port/p1', 'flavor/f1'],
    }),
  ],
});

test('what a plan skips goes with all that cannot be without it, and all of it is told', () => {
  const { document: rest, gone, concerns } = withoutSkipped(document, ['network/n2', 'router/r1'], 'plan.yaml');
  expect([...gone].sort()).toEqual(['gateway/r1', 'network/n2', 'router/r1', 'subnet/u2']);
  expect([rest.networks, rest.subnets, rest.routers, rest.gateways].map(({ length }) => length)).toEqual([1, 0, 0, 0]);
  expect(concerns).toMatchObject([{ code: 'plan.skipped', severity: 'warning' }]);
  for (const ref of gone) expect(concerns[0]?.says).toContain(ref);
});

test('whatever has a QoS policy does without', () => {
  const having = { needs: ['qos_policy/q1'], qos_policy_id: 'q1' };
  const limited = aDocument({
    qos_policies: [aResource('qos_policy', { id: 'q1' })],
    networks: [aNetwork({ id: 'n1', ...having })],
  });
  const { document: rest, gone } = withoutSkipped(limited, ['qos_policy/q1'], 'plan.yaml');
  expect([...gone]).toEqual(['qos_policy/q1']);
  expect(rest.networks).toMatchObject([{ id: 'n1', needs: [], qos_policy_id: null }]);
});

test('a subnet does without its pool, and a pool without its address scope', () => {
  const pooled = aDocument({
    networks: [aNetwork({ id: 'n1' })],
    address_scopes: [aResource('address_scope', { id: 'as1' })],
    subnet_pools: [aResource('subnet_pool', { id: 'sp1', address_scope_id: 'as1', needs: ['address_scope/as1'] })],
    subnets: [
      aResource('subnet', { id: 'u1', network_id: 'n1', subnetpool_id: 'sp1', needs: ['network/n1', 'subnet_pool/sp1'] }),
    ],
  });
  const { document: unscoped } = withoutSkipped(pooled, ['address_scope/as1'], 'plan.yaml');
  expect(unscoped.subnet_pools).toMatchObject([{ id: 'sp1', address_scope_id: null, needs: [] }]);
  expect(unscoped.subnets).toMatchObject([{ subnetpool_id: 'sp1' }]);
  const { document: rest } = withoutSkipped(pooled, ['subnet_pool/sp1'], 'plan.yaml');
  expect(rest.subnets).toMatchObject([{ subnetpool_id: null, needs: ['network/n1'] }]);
});

test('a server does without its keypair and its server group, and a port without its security group', () => {
  const { document: rest } = withoutSkipped(document, ['keypair/ops', 'server_group/sg1', 'security_group/g2'], 'plan.yaml');
  expect(rest.servers).toMatchObject([{ id: 's1', key_name: null, server_group_id: null, needs: ['port/p1', 'flavor/f1'] }]);
  expect(rest.ports).toMatchObject([{ security_groups: [], needs: ['network/n1'] }]);
  expect(rest.security_group_rules).toEqual([]);
});

test('what takes a server with it, and what is not there, is refused by name', () => {
  expect(() => withoutSkipped(document, ['port/p1'], 'plan.yaml')).toThrow(/takes servers with it/);
  expect(() => withoutSkipped(document, ['network/n9'], 'plan.yaml')).toThrow(/skips network\/n9/);
});

test('a plan that skips nothing changes nothing and says nothing', () => {
  expect(withoutSkipped(document, [], 'plan.yaml')).toEqual({ document, gone: new Set(), concerns: [] });
});

test.each(concernTable.filter(({ ways }) => ways?.includes('skip')).map(({ code }) => [code.replace('*', 'router')]))(
  'a plan that skips the resource is not stopped by %s',
  (code) => {
    const concern: Concern = { code, severity: 'blocking', about: 'router/r1', says: 'It cannot be.', remedy: 'Change it.' };
    const { gone } = withoutSkipped(document, ['router/r1'], 'plan.yaml');
    expect(aboutTheRest([concern], gone)).toEqual([]);
    expect(aboutTheRest([concern], new Set())).toEqual([concern]);
  },
);
