import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../../../../support/in-process.ts';
import { ShopTemplate, serversAt } from '../../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('a commit whose client for the source servers cannot log in changes nothing, at either cloud', async () => {
  const { world, sender, campaign } = await template.ready();
  // The source's own client lives on its token.
  world.source.twin.faults.set([
    { do: 'status', status: 401, match: { service: 'identity', method: 'POST', path: '^/v3/auth/tokens' } },
  ]);
  await sender.daemon.commit({ campaign, deleteSource: false });
  await expect
    .poll(async () => (await sender.daemon.status()).campaigns[0], { timeout: 30_000 })
    .toMatchObject({ state: 'ready', problem: { code: 'E_AUTH', says: expect.stringContaining('Nothing was committed') } });
  expect((await world.openCampaign(campaign)).ledger.standing).toBe('completed');
  expect((await serversAt(world.source)).map(({ locked }) => locked)).toEqual([false, false]);
  world.source.twin.faults.clear();
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  expect((await serversAt(world.source)).map(({ locked }) => locked)).toEqual([true, true]);
});
