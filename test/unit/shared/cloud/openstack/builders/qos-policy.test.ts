import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });
const soon = () => AbortSignal.timeout(15_000);
const equal = { fatal: [], told: [] };

const rules = [
  { type: 'bandwidth_limit', direction: 'egress', max_kbps: 3000, max_burst_kbps: 300 },
  { type: 'bandwidth_limit', direction: 'ingress', max_kbps: 9000, max_burst_kbps: 0 },
  { type: 'dscp_marking', dscp_mark: 26 },
  { type: 'minimum_bandwidth', direction: 'egress', min_kbps: 100 },
  { type: 'minimum_packet_rate', direction: 'any', min_kpps: 5 },
  { type: 'packet_rate_limit', direction: 'egress', max_kpps: 50, max_burst_kpps: 5 },
];

function aPolicy(fields: object = {}) {
  return aResource('qos_policy', {
    id: crypto.randomUUID(),
    name: 'slow lane',
    description: 'not too fast',
    tags: ['paid'],
    rules,
    ...fields,
  });
}

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
}

async function policiesOf(twin: Twin): Promise<readonly Shown[]> {
  const hand = await aHand(twin, 'admin', 'demo');
  return (await hand.ask<{ policies: Shown[] }>('GET', 'network', '/qos/policies')).policies;
}

/** The network, port, gateway and floating IP of the sample tenant, each with a policy. */
async function buildUsers(campaign: Campaign, policy: string): Promise<readonly Resource[]> {
  const { tenant } = campaign;
  const with_ = (resource: Resource): Resource => ({ ...resource, qos_policy_id: policy }) as Resource;
  const users = [tenant.get('network', 1), tenant.get('gateway'), tenant.get('port'), tenant.get('floating_ip')].map(with_);
  const kinds = ['network', 'address_scope', 'subnet_pool', 'subnet', 'router', 'gateway', 'interface'] as const;
  const further = ['address_group', 'security_group', 'port', 'floating_ip'] as const;
  const all = [...kinds, ...further].flatMap((kind) => tenant.resources.filter((one) => one.kind === kind));
  for (const one of all) {
    const user = users.find(({ kind, id }) => kind === one.kind && id === one.id);
    const { differences } = await campaign.ensure(user ?? one);
    if (user !== undefined) expect([user.kind, differences]).toEqual([user.kind, equal]);
  }
  return users;
}

test('a QoS policy is built with all its rules, and with what has it, and is removed after that', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const policy = aPolicy();
  const { id, differences } = await campaign.ensure(policy);
  expect(differences).toEqual(equal);
  expect(await campaign.ensure(policy)).toMatchObject({ id, how: 'found' });
  expect(await campaign.cloud.find(policy, campaign.context(policy))).toBe(id);
  const users = await buildUsers(campaign, policy.id);
  for (const user of users) {
    expect(
      (await campaign.cloud.differences(user, campaign.built.get(refOf(user.kind, user.id))?.id ?? '', campaign.context(user)))
        .told,
    ).toEqual([]);
  }
  await campaign.removeAll();
  expect(await campaign.cloud.remove(refOf('qos_policy', policy.id), id, campaign.id, patience())).toBe(true);
  expect(await campaign.cloud.remove(refOf('qos_policy', policy.id), id, campaign.id, patience())).toBe(false);
  expect(await policiesOf(twin)).toEqual([]);
});

test('a QoS policy whose answers were lost is found with its rules, and the commit takes its stamp', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const policy = aPolicy();
  twin.faults.set([
    { do: 'lost-answer', times: 1, match: { method: 'POST', path: '/qos/policies' } },
    { do: 'lost-answer', times: 1, match: { method: 'POST', path: '/dscp_marking_rules' } },
  ]);
  const { id, differences } = await campaign.ensure(policy);
  expect(differences).toEqual(equal);
  expect(await policiesOf(twin)).toHaveLength(1);
  await campaign.cloud.unstamp(refOf('qos_policy', policy.id), id, campaign.id, patience());
  expect(await policiesOf(twin)).toMatchObject([{ id, tags: ['paid'], description: 'not too fast' }]);
});

test('a network without a QoS policy has none where the project has a default one', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  await campaign.ensure(aPolicy({ is_default: true }));
  const { id, differences } = await campaign.ensure(campaign.tenant.get('network', 1));
  expect(differences).toEqual(equal);
  const hand = await aHand(twin);
  expect(await hand.ask('GET', 'network', `/networks/${id}`)).toMatchObject({ network: { qos_policy_id: null } });
});

test('what the plan accepts is left out: rules that no driver has, and that a policy is the default one', async () => {
  const twin = await aFurnishedTwin({ qosRules: ['bandwidth_limit', 'dscp_marking'] });
  const campaign = await aCampaign(twin, 'admin');
  await campaign.ensure(aPolicy({ name: 'first', is_default: true, rules: [] }));
  const policy = aPolicy({ is_default: true });
  const { concerns } = await campaign.cloud.preflight([policy], campaign.tenant.mappings, soon());
  const blocking = concerns.filter(({ severity }) => severity === 'blocking').map(({ code }) => code);
  expect(blocking).toEqual(['qos_policy.rule_unsupported', 'qos_policy.default_taken']);
  const context = { ...campaign.context(policy), mappings: { ...campaign.tenant.mappings, accept: blocking } };
  const { differences } = await campaign.cloud.ensure(policy, context);
  expect(differences.fatal).toEqual([]);
  expect(differences.told.join('\n')).toMatch(/is_default is false, not true\nrules is .*dscp_mark=26/);
});

test('QoS policies are captured with what has them, those of others too, and a later campaign adopts them', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const policy = aPolicy();
  const { id } = await campaign.ensure(policy);
  const admin = await aHand(twin, 'admin');
  const body = { policy: { name: 'gold', shared: true } };
  const gold = await admin.ask<{ policy: Shown }>('POST', 'network', '/qos/policies', body);
  await buildUsers(campaign, policy.id);
  const port = campaign.built.get(refOf('port', campaign.tenant.get('port', 1).id))?.id;
  const hand = await aHand(twin);
  await hand.ask('PUT', 'network', `/ports/${port}`, { port: { qos_policy_id: gold.policy.id } });
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, soon());
  expect(document.qos_policies.map(({ name }) => name).sort()).toEqual(['gold', 'slow lane']);
  expect(document.qos_policies.find((one) => one.id === id)).toMatchObject({
    tags: ['paid'],
    rules: expect.arrayContaining(rules),
  });
  expect(concerns.filter(({ about }) => about?.startsWith('qos_policy/'))).toMatchObject([
    { code: 'qos_policy.foreign', about: `qos_policy/${gold.policy.id}` },
  ]);
  const having = [document.networks, document.gateways, document.floating_ips].map((all) => all.map((one) => one.qos_policy_id));
  expect(having.map((all) => all.filter((one) => one !== null))).toEqual([[id], [id], [id]]);
  expect(document.ports.find((one) => one.id === port)?.needs).toContain(`qos_policy/${gold.policy.id}`);
  const mappings = { ...campaign.tenant.mappings, qos_policies: { [policy.id]: { to: 'slow lane' } } };
  const { decisions } = await campaign.cloud.preflight([policy], mappings, soon());
  expect(decisions).toMatchObject([{ ref: refOf('qos_policy', policy.id), action: 'adopt', id }]);
  expect(await campaign.cloud.ensure(policy, { ...campaign.context(policy), mappings })).toMatchObject({ id, how: 'adopted' });
});

test('a QoS policy blocks the plan where the destination has none', async () => {
  const campaign = await aCampaign(await aFurnishedTwin({ withoutExtensions: ['qos'] }), 'admin');
  const policy = aPolicy();
  const { concerns } = await campaign.cloud.preflight([policy], campaign.tenant.mappings, soon());
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toMatchObject([
    { code: 'extension.absent', about: refOf('qos_policy', policy.id) },
  ]);
});
