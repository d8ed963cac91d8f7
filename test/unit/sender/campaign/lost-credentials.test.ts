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

test.each(['source', 'destination'] as const)(
  'a commit of a campaign whose credentials are taken away at the %s commits nothing, and can be repeated',
  async (side) => {
    const { world, sender, campaign } = await template.ready();
    world[side].twin.faults.set(removed);
    await sender.daemon.commit({ campaign, deleteSource: true });
    await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
    const [status] = (await sender.daemon.status()).campaigns;
    expect(status).toMatchObject({ state: 'ready', problem: { code: 'E_AUTH' } });
    expect((await world.openCampaign(campaign)).ledger.state).toBe('completed');
    world[side].twin.faults.clear();
    expect((await serversAt(world.source)).map((server) => server.status)).toEqual(['SHUTOFF', 'SHUTOFF']);
    await sender.daemon.commit({ campaign, deleteSource: true });
    await untilState(sender, 'committed');
    await expect.poll(() => serversAt(world.source)).toEqual([]);
    expect((await serversAt(world.destination)).map((server) => server.status)).toEqual(['ACTIVE', 'ACTIVE']);
  },
);
