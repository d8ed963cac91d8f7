import { expect, test } from 'vitest';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

const signal = () => AbortSignal.timeout(10_000);

/** A router as an admin of the source sees it, built at a destination; what became of it there. */
async function built(user: 'demo' | 'admin', wanted: { ha?: boolean; distributed?: boolean }, distributedRouters: boolean) {
  const twin = await aFurnishedTwin({ distributedRouters });
  const campaign = await aCampaign(twin, user, 'demo');
  const router = { ...campaign.tenant.get('router'), ...wanted };
  const { concerns } = await campaign.cloud.preflight([router], campaign.tenant.mappings, signal());
  const { id } = await campaign.ensure(router);
  const admin = await aHand(twin, 'admin');
  const seen = await admin.ask<{ router: { ha: boolean; distributed: boolean } }>('GET', 'network', `/routers/${id}`);
  const { ha, distributed } = seen.router;
  const told = (await campaign.cloud.differences(router, id, campaign.context(router))).told;
  return { ha, distributed, told, concerns: concerns.map(({ code, severity, says }) => `${severity} ${code}: ${says}`) };
}

test('an admin moves a router that is highly available, or distributed where an agent serves such ones', async () => {
  expect(await built('admin', { ha: true }, false)).toEqual({ ha: true, distributed: false, told: [], concerns: [] });
  const both = { ha: true, distributed: true };
  expect(await built('admin', both, true)).toEqual({ ...both, told: [], concerns: [] });
});

test('a distributed router is not asked for where no agent would serve it, and that is told', async () => {
  const { distributed, told, concerns } = await built('admin', { distributed: true }, false);
  expect({ distributed, told }).toEqual({ distributed: false, told: ['distributed is false, not true'] });
  expect(concerns).toEqual([
    expect.stringMatching(/^warning router.unsupported_attribute: .*without dvr as admin, with an L3 agent in mode dvr_snat/),
  ]);
});

test('a member is told before that a router becomes what is usual at the destination', async () => {
  const { ha, concerns } = await built('demo', { ha: true }, false);
  expect(ha).toBe(false);
  expect(concerns).toEqual([expect.stringMatching(/^warning router.unsupported_attribute: A router has ha/)]);
});

test('a router that is neither is left to the destination, in silence before and told after', async () => {
  const { distributed, told, concerns } = await built('admin', { ha: false, distributed: false }, true);
  expect({ distributed, told, concerns }).toEqual({ distributed: true, told: ['distributed is true, not false'], concerns: [] });
});
