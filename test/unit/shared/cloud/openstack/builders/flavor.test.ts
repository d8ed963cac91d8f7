import { expect, test } from 'vitest';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

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

test.each([[true], [false]])(
  'a flavor that is created is for the project alone, were it public at the source or not: %s',
  async (is_public) => {
    const twin = await aFurnishedTwin();
    const campaign = await aCampaign(twin, 'admin', 'demo');
    const flavor = aResource('flavor', { id: 'f', name: 'of the tenant', vcpus: 1, ram: 256, disk: 2, is_public });
    const context = { ...campaign.context(flavor), mappings: { ...campaign.tenant.mappings, flavors: created([flavor]) } };
    const { id } = await campaign.cloud.ensure(flavor, context);
    expect(await campaign.cloud.differences(flavor, id, context)).toEqual({ fatal: [], told: [] });
    const demo = await aHand(twin);
    const { flavors } = await demo.ask<{ flavors: { id: string }[] }>('GET', 'compute', '/flavors');
    expect(flavors.map((one) => one.id)).toContain(id);
    const admin = await aHand(twin, 'admin');
    const { flavor: is } = await admin.ask<{ flavor: Record<string, unknown> }>('GET', 'compute', `/flavors/${id}`);
    expect(is['os-flavor-access:is_public']).toBe(false);
  },
);
