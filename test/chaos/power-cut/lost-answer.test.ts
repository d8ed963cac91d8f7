import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, untilState } from '../../support/in-process.ts';
import { flawsAfterMigration, flawsAfterRollback, forget, inWorld, measure, type Yardstick } from './worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

/** Every request by which something comes into being at the destination. */
const creations = [
  ['network', '/networks$'],
  ['network', '/subnets$'],
  ['network', '/routers$'],
  ['network', '/add_router_interface$'],
  ['network', '/security-groups$'],
  ['network', '/security-group-rules$'],
  ['network', '/ports$'],
  ['network', '/floatingips$'],
  ['compute', '/os-keypairs$'],
  ['compute', '/servers$'],
  ['image', '/images$'],
  ['image', '/file$'],
] as const;

test.each(creations)(
  'nothing is created twice when the answer of %s %s is lost',
  async (service, path) => {
    const flaws = await inWorld(yardstick.dir, `lost-${path.replace(/\W/g, '')}`, async (world) => {
      const method = /file|interface/.test(path) ? 'PUT' : 'POST';
      world.destination.twin.faults.set([{ do: 'lost-answer', match: { service, method, path }, times: 1 }]);
      world.startReceiver();
      const sender = await world.startSender();
      await beginMigration(sender);
      const id = await untilState(sender, 'ready');
      expect(
        world.destination.twin.requests.filter((request) => new RegExp(path).test(request.path) && request.method === method)
          .length,
      ).toBeGreaterThan(0);
      const after = await flawsAfterMigration(world, yardstick);
      await sender.daemon.rollback({ campaign: id });
      await untilState(sender, 'rolled back');
      await sender.stop();
      return [...after, ...(await flawsAfterRollback(world, yardstick))];
    });
    expect(flaws).toEqual([]);
  },
  60_000,
);

test('a snapshot whose answer is lost is found again', async () => {
  const flaws = await inWorld(yardstick.dir, 'lost-snapshot', async (world) => {
    world.source.twin.faults.set([{ do: 'lost-answer', match: { service: 'compute', body: 'createImage' }, times: 1 }]);
    world.startReceiver();
    const sender = await world.startSender();
    await beginMigration(sender);
    await untilState(sender, 'ready');
    await sender.stop();
    return flawsAfterMigration(world, yardstick);
  });
  expect(flaws).toEqual([]);
}, 60_000);
