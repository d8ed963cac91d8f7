import { expect, test } from 'vitest';
import type { BuildContext } from '../../../../../../shared/cloud/destination-cloud.ts';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';

const group = aResource('security_group', { id: crypto.randomUUID(), name: 'default' });
const rule = aResource('security_group_rule', {
  id: crypto.randomUUID(),
  security_group_id: group.id,
  direction: 'ingress',
  protocol: 'tcp',
  port_range_min: 22,
  port_range_max: 22,
});

async function aDefaultGroup() {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const context = (claimed: boolean): BuildContext => ({
    ...campaign.context(rule),
    claimed,
    resource: (): Resource => group,
  });
  expect(await campaign.ensure(group)).toMatchObject({ how: 'adopted' });
  return { twin, campaign, cloud: campaign.cloud, context };
}

test('a rule that was added to the adopted default group goes at rollback, although the answer to its creation was lost', async () => {
  const { twin, campaign, cloud, context } = await aDefaultGroup();
  const claimed = !(await cloud.occupied(rule, context(false)));
  twin.faults.set([{ do: 'lost-answer', match: { method: 'POST', path: '/security-group-rules$' }, times: 1 }]);
  expect((await cloud.ensure(rule, context(claimed))).how).not.toBe('adopted');
  const id = await cloud.find(rule, context(claimed));
  expect(id).not.toBeNull();
  const patience = { timeoutMs: 5000, signal: AbortSignal.timeout(5000) };
  expect(await cloud.remove(`security_group_rule/${rule.id}`, id ?? '', campaign.id, patience)).toBe(true);
});

test('a rule that the default group had before is adopted, and stays', async () => {
  const { cloud, context } = await aDefaultGroup();
  await cloud.ensure(rule, context(true));
  const claimed = !(await cloud.occupied(rule, context(false)));
  expect(claimed).toBe(false);
  expect(await cloud.ensure(rule, context(claimed))).toMatchObject({ how: 'adopted' });
  expect(await cloud.find(rule, context(claimed))).toBeNull();
});
