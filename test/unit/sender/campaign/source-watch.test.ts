import { afterAll, beforeAll, expect, test } from 'vitest';
import { act, ShopTemplate, serversAt, untilFact } from '../../../support/shop-world.ts';
import { warm } from '../../../support/warm.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('the status of a campaign that still moves names a moved server that runs again at the source', async () => {
  const { world, sender, campaign } = await template.started(warm('manual'));
  const [web] = await serversAt(world.source);
  const isWaiting = ({ fact, phase, server }: Readonly<Record<string, unknown>>): boolean =>
    fact === 'begun' && phase === 'await cutover' && server === web?.id;
  await untilFact(sender, campaign, isWaiting);
  await sender.daemon.cutover({ campaign, servers: ['web 1'] });
  await untilFact(sender, campaign, ({ fact, phase, server }) => fact === 'done' && phase === 'mark' && server === web?.id);
  await act(world.source, web, 'os-start', 'ACTIVE');
  const seen = async () => {
    const [status] = (await sender.daemon.status()).campaigns;
    return [status?.state, ...(status?.moves ?? []).map(({ name, state, problem }) => `${name} ${state} ${problem?.code}`)];
  };
  await expect
    .poll(seen, { timeout: 40_000, interval: 200 })
    .toEqual(['moving', '-web/é moving undefined', 'web 1 moved E_SERVER_STATE']);
});
