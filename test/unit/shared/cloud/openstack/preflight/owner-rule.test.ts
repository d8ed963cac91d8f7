import { expect, test } from 'vitest';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, type Campaign } from '../a-destination.ts';

async function told(campaign: Campaign, resources: readonly Resource[] = campaign.tenant.resources): Promise<string[]> {
  const { concerns } = await campaign.cloud.preflight(resources, campaign.tenant.mappings, AbortSignal.timeout(10_000));
  return concerns.filter(({ code }) => code === 'owner.changes').map(({ says }) => says);
}

test('that an admin will own all servers is told before the first write', async () => {
  const campaign = await aCampaign(await aFurnishedTwin(), 'admin');
  expect(await told(campaign)).toEqual([expect.stringContaining('will belong to admin, an admin')]);
});

test('that servers of several users become those of one is told; that a member keeps its own is not', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  expect(await told(campaign)).toEqual([]);
  const several = campaign.tenant.resources.map((one, index) =>
    one.kind === 'server' ? { ...one, user_id: `user-${index}` } : one,
  );
  expect(await told(campaign, several)).toEqual([expect.stringContaining('at the source they belong to 2 users')]);
});
