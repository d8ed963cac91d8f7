import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../../../support/in-process.ts';
import { failedOne, ShopTemplate, serversAt, untilFact } from '../../../support/shop-world.ts';
import type { Fault } from '../../../twin/faults.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** A user that was removed: no token of his is accepted, and he gets no other. */
const removed: readonly Fault[] = (['identity', 'compute', 'network', 'image'] as const).map((service) => ({
  do: 'status',
  status: 401,
  match: { service },
}));

test.each([
  ['source', 'resumed'],
  ['source', 'rolled back'],
  ['destination', 'resumed'],
  ['destination', 'rolled back'],
] as const)(
  'a campaign whose credentials are taken away at the %s in the middle stops, and can be %s once they are given back',
  async (side, end) => {
    const { world, sender, campaign } = await template.started();
    await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'copy');
    world[side].twin.faults.set(removed);
    const { problem } = await failedOne(sender);
    expect(problem).toMatchObject({ code: 'E_AUTH', hint: expect.stringContaining('credentials') });
    world[side].twin.faults.clear();
    if (end === 'resumed') {
      await sender.daemon.resume({ campaign });
      await untilState(sender, 'ready');
      expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
      expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['SHUTOFF', 'SHUTOFF']);
    } else {
      await sender.daemon.rollback({ campaign });
      await untilState(sender, 'rolled back');
      expect(await serversAt(world.destination)).toEqual([]);
      expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
    }
  },
);
