import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { untilState } from '../../../../support/in-process.ts';
import { ShopTemplate, serversAt, untilFact } from '../../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('a sender that is stopped in the middle of a commit notes no end of it, and the next one goes on to the end', async () => {
  const { world, sender, campaign } = await template.ready();
  const locks = { service: 'compute', method: 'POST', path: '/action$', body: '"lock"' } as const;
  world.source.twin.faults.set([{ do: 'delay', ms: 500, match: locks }]);
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'begun' && phase === 'retire' && server !== null);
  await sender.stop();
  world.source.twin.faults.clear();
  const next = await world.startSender();
  onTestFinished(() => next.stop());
  const facts = (await next.daemon.log({ campaign })) as readonly { readonly fact: string; readonly state?: string }[];
  expect(facts.filter(({ fact }) => fact === 'rests').map(({ state }) => state)).toEqual(['ready']);
  await untilState(next, 'committed');
  expect((await serversAt(world.source)).map(({ locked }) => locked)).toEqual([true, true]);
});
