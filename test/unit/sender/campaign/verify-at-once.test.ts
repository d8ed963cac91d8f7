import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration } from '../../../support/in-process.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

test('a campaign is verified in the moment in which it becomes ready', async () => {
  const { sender } = await template.world();
  const campaign = await beginMigration(sender);
  const state = async () => (await sender.daemon.status()).campaigns[0]?.state;
  while ((await state()) !== 'ready') await setImmediate();
  const { disks } = await sender.daemon.verify({ campaign });
  expect(disks.map(({ agrees }) => agrees)).toEqual([true]);
});
