import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { resourcesOf } from '../../../../../../shared/model/configurations.ts';
import { networkSideOf } from '../../../../../../shared/model/network-side.ts';
import { type Kind, type ResourceOf, refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../support/build.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

const patience = () => ({ timeoutMs: 3000, signal: AbortSignal.timeout(10_000) });
const soon = () => AbortSignal.timeout(15_000);

interface Shown {
  readonly id: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly target_tenant: string;
}

const projects = { 'theirs-here': { to: 'theirs-there' }, '*': { to: '*' } };

async function policiesOf(twin: Twin): Promise<readonly Shown[]> {
  const hand = await aHand(twin, 'admin');
  return (await hand.ask<{ rbac_policies: Shown[] }>('GET', 'network', '/rbac-policies')).rbac_policies;
}

function aPolicy(object_type: string, kind: Kind, object_id: string, target_project = 'theirs-here') {
  return aResource('rbac_policy', {
    id: crypto.randomUUID(),
    object_type,
    object_id,
    target_project,
    needs: [refOf(kind, object_id)],
  });
}

/** The context of a policy in a ledger whose note says that nothing existed in its place. */
function contextOf(campaign: Campaign, policy: ResourceOf<'rbac_policy'>, claimed = true) {
  return { ...campaign.context(policy), mappings: { ...campaign.tenant.mappings, projects }, claimed };
}

test('each kind that can be shared is shared with the project that the plan maps, and the policy goes before it', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const { tenant } = campaign;
  const group = tenant.get('security_group');
  const network = tenant.get('network', 1);
  for (const one of tenant.resources.filter(({ kind }) =>
    ['network', 'address_scope', 'subnet_pool', 'address_group'].includes(kind),
  ))
    await campaign.ensure(one);
  await campaign.ensure(group);
  const policies = [
    aPolicy('network', 'network', network.id),
    aPolicy('security_group', 'security_group', group.id),
    aPolicy('address_scope', 'address_scope', tenant.get('address_scope').id),
    aPolicy('subnetpool', 'subnet_pool', tenant.get('subnet_pool').id),
    aPolicy('address_group', 'address_group', tenant.get('address_group').id),
  ];
  for (const policy of policies) {
    const { how, id, differences } = await campaign.cloud.ensure(policy, contextOf(campaign, policy));
    expect([policy.object_type, how, differences]).toEqual([policy.object_type, 'created', { fatal: [], told: [] }]);
    expect(await campaign.cloud.ensure(policy, contextOf(campaign, policy))).toMatchObject({ id, how: 'found' });
    expect(await campaign.cloud.find(policy, contextOf(campaign, policy))).toBe(id);
  }
  const made = await policiesOf(twin);
  expect(made.filter(({ target_tenant }) => target_tenant === 'theirs-there')).toHaveLength(5);
  for (const { id } of made.filter(({ target_tenant }) => target_tenant === 'theirs-there')) {
    const ref = refOf('rbac_policy', 'any');
    expect(await campaign.cloud.remove(ref, id, campaign.id, patience())).toBe(true);
    expect(await campaign.cloud.remove(ref, id, campaign.id, patience())).toBe(false);
  }
});

test('a policy that was there before is adopted, and one whose answer was lost is found', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const network = campaign.tenant.get('network', 1);
  const { id: object_id } = await campaign.ensure(network);
  const policy = aPolicy('network', 'network', network.id);
  expect(await campaign.cloud.occupied(policy, contextOf(campaign, policy, false))).toBe(false);
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { method: 'POST', path: '/rbac-policies' } }]);
  const { id } = await campaign.cloud.ensure(policy, contextOf(campaign, policy));
  expect((await policiesOf(twin)).filter((one) => one.object_id === object_id)).toMatchObject([{ id }]);
  expect(await campaign.cloud.occupied(policy, contextOf(campaign, policy, false))).toBe(true);
  expect(await campaign.cloud.ensure(policy, contextOf(campaign, policy, false))).toMatchObject({ id, how: 'adopted' });
  expect(await campaign.cloud.find(policy, contextOf(campaign, policy, false))).toBeNull();
});

test('a policy stays while another project uses the network', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const network = campaign.tenant.get('network', 1);
  const { id: network_id } = await campaign.ensure(network);
  const policy = aPolicy('network', 'network', network.id);
  const { id } = await campaign.cloud.ensure(policy, contextOf(campaign, policy));
  const hand = await aHand(twin, 'admin');
  await hand.ask('POST', 'network', '/ports', { port: { network_id, project_id: 'theirs-there' } });
  const removal = campaign.cloud.remove(refOf('rbac_policy', policy.id), id, campaign.id, patience());
  await expect(removal).rejects.toMatchObject({ code: 'E_CONFLICT' });
  expect((await policiesOf(twin)).map((one) => one.id)).toEqual([id]);
});

test('what a project shares is captured with what it shares, and only mapped projects get it', async () => {
  const twin = await aFurnishedTwin();
  const demo = await aHand(twin);
  const made = await demo.ask<{ network: Shown }>('POST', 'network', '/networks', { network: { name: 'lan' } });
  const share = (target_tenant: string) => ({
    rbac_policy: { object_type: 'network', object_id: made.network.id, action: 'access_as_shared', target_tenant },
  });
  await demo.ask('POST', 'network', '/rbac-policies', share('theirs-here'));
  await expect(demo.ask('POST', 'network', '/rbac-policies', share('*'))).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  const admin = await aHand(twin, 'admin');
  await admin.ask('PUT', 'network', `/networks/${made.network.id}`, { network: { shared: true } });
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, soon());
  const targets = document.rbac_policies.map(({ target_project }) => target_project).sort();
  expect(targets).toEqual(['*', 'theirs-here']);
  expect(document.rbac_policies.map(({ needs }) => needs)).toEqual([
    [`network/${made.network.id}`],
    [`network/${made.network.id}`],
  ]);
  expect(concerns.filter(({ code }) => code.startsWith('rbac_policy') || code === 'left_behind.rbac_policies')).toEqual([]);
  const built = (mappings: object) =>
    networkSideOf({ ...document, mappings: { ...document.mappings, ...mappings } }).filter(({ kind }) => kind === 'rbac_policy');
  expect(built({})).toEqual([]);
  expect(built({ projects: { 'theirs-here': { to: 'theirs-there' } } })).toMatchObject([{ target_project: 'theirs-here' }]);
  expect(built({ projects: { 'theirs-here': { to: 'skip' } } })).toEqual([]);
  const campaign = await aCampaign(twin);
  const resources = resourcesOf(document).filter(({ kind }) => kind === 'network' || kind === 'rbac_policy');
  const { decisions } = await campaign.cloud.preflight(resources, { ...campaign.tenant.mappings, projects: {} }, soon());
  expect(decisions.filter(({ ref }) => ref.startsWith('rbac_policy/')).map(({ action }) => action)).toEqual(['skip', 'skip']);
});

test('a kind that the destination cannot share blocks the plan', async () => {
  const campaign = await aCampaign(await aFurnishedTwin({ withoutExtensions: ['rbac-address-group'] }));
  const group = campaign.tenant.get('address_group');
  const policy = aPolicy('address_group', 'address_group', group.id);
  const { concerns } = await campaign.cloud.preflight([group, policy], { ...campaign.tenant.mappings, projects }, soon());
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toMatchObject([
    { code: 'extension.absent', about: refOf('rbac_policy', policy.id) },
  ]);
});

test('a policy that shares with another project since is not as the plan maps it', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const network = campaign.tenant.get('network', 1);
  await campaign.ensure(network);
  const policy = aPolicy('network', 'network', network.id);
  const { id } = await campaign.cloud.ensure(policy, contextOf(campaign, policy));
  const elsewhere = {
    ...contextOf(campaign, policy),
    mappings: { ...campaign.tenant.mappings, projects: { 'theirs-here': { to: 'elsewhere' } } },
  };
  expect(await campaign.cloud.differences(policy, id, elsewhere)).toEqual({
    fatal: ['target_project is "theirs-there", not "elsewhere"'],
    told: [],
  });
});
