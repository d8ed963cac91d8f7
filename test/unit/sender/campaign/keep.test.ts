import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exceptedFrom, type Fact } from '../../../../sender/migration/fact.ts';
import { untilState } from '../../../support/in-process.ts';
import { failedOne, ShopTemplate, type Started, serversAt, untilFact, untilServers } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** A rollback that has removed the floating IP of `web 1` when its owner deletes the source. */
async function vanishedInMidUndo(): Promise<Started> {
  const begun = await template.ready();
  const { world, sender, campaign } = begun;
  world.destination.twin.faults.set([
    { do: 'delay', ms: 2_000, match: { service: 'network', method: 'DELETE', path: '/floatingips/' }, times: 1 },
  ]);
  const [web] = await serversAt(world.source);
  await sender.daemon.rollback({ campaign });
  await untilFact(sender, campaign, ({ fact, server }) => fact === 'turned back' && server === web?.id);
  await world.source.user.send('DELETE', 'compute', `/servers/${web?.id}`);
  const failed = await failedOne(sender);
  expect(failed.problem).toMatchObject({ code: 'E_SERVER_STATE', hint: expect.stringContaining('--keep') });
  expect(await floatingOf(begun)).toEqual([]);
  return begun;
}

async function floatingOf({ world }: Started): Promise<string[]> {
  const all = await world.destination.user.list<{ port_id: string | null }>('network', '/floatingips', 'floatingips');
  return all.flatMap(({ port_id }) => port_id ?? []);
}

test('a server whose source vanished in the middle of its undo is kept, and gets back what was removed of it', async () => {
  const begun = await vanishedInMidUndo();
  const { world, sender, campaign } = begun;
  await sender.daemon.rollback({ campaign, keep: ['web 1'] });
  await untilState(sender, 'rolled back');
  await untilServers(world.destination, [['web 1', 'ACTIVE', false]]);
  await untilServers(world.source, [['-web/é', 'ACTIVE', false]]);
  expect(await floatingOf(begun)).toHaveLength(1);
  const { moves } = (await sender.daemon.status()).campaigns[0] ?? { moves: [] };
  expect(moves.map(({ name, state }) => [name, state])).toContainEqual(['web 1', 'moved']);
});

test('a server that is to be kept and is gone at both sides is named, and can be given up', async () => {
  const { world, sender, campaign } = await vanishedInMidUndo();
  const [web] = await serversAt(world.destination);
  await world.destination.user.send('DELETE', 'compute', `/servers/${web?.id}`);
  await untilServers(world.destination, []);
  await sender.daemon.rollback({ campaign, keep: ['web 1'] });
  await untilFact(sender, campaign, ({ fact, keep }) => fact === 'asked' && keep !== undefined);
  const failed = await failedOne(sender);
  expect(failed.problem?.says).toContain('Server web 1 cannot be kept');
  await sender.daemon.rollback({ campaign, giveUp: ['web 1'] });
  await untilState(sender, 'rolled back');
  await untilServers(world.source, [['-web/é', 'ACTIVE', false]]);
});

/** How long the cloud takes for one answer: milliseconds. */
const heldMs = 2_500;

test.each([
  ['before its deletion is sent is not deleted', 'GET', 'detail', 'rolled back'],
  ['while it is being deleted is named as lost', 'DELETE', '[0-9a-f-]{36}', 'failed'],
] as const)('a server that its operator keeps %s', async (_what, method, what, ends) => {
  const { world, sender, campaign } = await template.ready();
  const { twin } = world.destination;
  const path = `/servers/${what}`;
  twin.faults.set([{ do: 'delay', ms: heldMs, match: { service: 'compute', method, path }, times: 1 }]);
  const seen = twin.requests.length;
  const sent = (wanted: string, what: string) =>
    twin.requests.slice(seen).some((one) => one.method === wanted && new RegExp(`/servers/${what}`).test(one.path));
  await sender.daemon.rollback({ campaign });
  await expect.poll(() => sent(method, what), { interval: 5, timeout: 20_000 }).toBe(true);
  await sender.daemon.rollback({ campaign, keep: ['web 1', '-web/é'] });
  if (ends === 'rolled back') {
    await untilState(sender, ends);
    await sleep(heldMs);
    expect(sent('DELETE', '[0-9a-f-]{36}$')).toBe(false);
    expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
  } else {
    expect((await failedOne(sender)).problem?.says).toContain('cannot be kept, for the destination has it no longer');
    expect(await serversAt(world.destination)).toHaveLength(1);
  }
});

test('what is said last of a server counts: kept, or given up', () => {
  const kept: Fact = { fact: 'asked', wish: 'rollback', keep: ['s1'] };
  const givenUp: Fact = { fact: 'asked', wish: 'rollback', giveUp: ['s1'] };
  const of = (...facts: Fact[]) => (['keep', 'giveUp'] as const).map((how) => exceptedFrom(facts, 'rollback', how).size);
  expect(of(kept)).toEqual([1, 0]);
  expect(of(kept, givenUp)).toEqual([0, 1]);
  expect(of(givenUp, kept, { fact: 'asked', wish: 'rollback' })).toEqual([1, 0]);
});
