import { expect, test } from 'vitest';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';

const created = (flavors: readonly { readonly id: string }[]) =>
  Object.fromEntries(flavors.map(({ id }) => [id, { to: 'create' }]));

test('two flavors are created in one campaign, each under an id of its own', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin', 'demo');
  const flavors = ['small', 'large'].map((name) => aResource('flavor', { id: name, name, vcpus: 1, ram: 256, disk: 2 }));
  const ids: string[] = [];
  for (const flavor of flavors) {
    const context = { ...campaign.context(flavor), mappings: { ...campaign.tenant.mappings, flavors: created(flavors) } };
    ids.push((await campaign.cloud.ensure(flavor, context)).id);
  }
  expect(new Set(ids).size).toBe(2);
  expect(ids).not.toContain('auto');
});
