import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../support/in-process.ts';
import {
  type Act,
  broken,
  deleted,
  doneAt,
  firstAt,
  locked,
  ordered,
  rebuilt,
  rebuiltFromAnother,
  regrouped,
  resized,
  resizedForGood,
  shelved,
  started,
  statusAt,
} from '../support/owner-acts.ts';
import { actingAt, type Moment } from '../support/owner-moments.ts';
import { failedOne, ShopTemplate, serversAt } from '../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** What an owner does, what the operator reads of it, and how the source server is left. */
type Row = readonly [act: Act, says: RegExp, source: string | null];

// biome-ignore format: a table is read by row
const beforeTheStop: readonly Row[] = [
  [deleted, /web 1 is gone at the source, so nothing of it is removed/, null],
  [locked, /is locked, so os-stop is refused/, 'ACTIVE'],
  [shelved, /web 1 is SHELVED_OFFLOADED at the source/, 'SHELVED_OFFLOADED'],
  [resized, /web 1 is VERIFY_RESIZE at the source/, 'VERIFY_RESIZE'],
  [resizedForGood, /web 1 was changed at the source.*flavor/, 'ACTIVE'],
  [rebuiltFromAnother, /web 1 was changed at the source.*image_id/, 'ACTIVE'],
  [broken, /web 1 is ERROR at the source/, 'ERROR'],
  [ordered('suspended', 'suspend', 'SUSPENDED'), /web 1 is SUSPENDED at the source/, 'SUSPENDED'],
  [regrouped, /web 1 was changed at the source.*security_groups/, 'ACTIVE'],
];

// biome-ignore format: a table is read by row
const afterTheStop: readonly Row[] = [
  [deleted, /web 1 is gone at the source, so nothing of it is removed/, null],
  [started, /web 1 is running although we stopped it/, 'ACTIVE'],
  [rebuilt, /web 1 was changed at the source/, 'ACTIVE'],
  [resizedForGood, /web 1 was changed at the source/, 'ACTIVE'],
  [resized, /web 1 is VERIFY_RESIZE at the source/, 'VERIFY_RESIZE'],
  [shelved, /web 1 is SHELVED_OFFLOADED at the source/, 'SHELVED_OFFLOADED'],
  [broken, /web 1 is ERROR at the source/, 'ERROR'],
  [ordered('rescued', 'rescue', 'RESCUE'), /web 1 is RESCUE at the source/, 'RESCUE'],
  [regrouped, /web 1 was changed at the source.*security_groups/, 'ACTIVE'],
];

const after: readonly Moment[] = ['is being frozen', 'is being copied', 'is being imported'];
const cases = [
  ...beforeTheStop.map((row) => ['waits for its cutover' as Moment, ...row] as const),
  ...after.flatMap((moment) => afterTheStop.map((row) => [moment, ...row] as const)),
].map(([moment, act, says, source]) => ({ moment, act, says, source }));

test.each(cases)(
  'a server that is $act.what while it $moment is not built; the others arrive',
  async ({ moment, act, says, source }) => {
    const { world, sender } = await actingAt(template, moment, act);
    const failed = await failedOne(sender);
    expect(failed.moves.map(({ name, state }) => [name, state])).toEqual([
      ['web 1', 'failed'],
      ['-web/é', 'moved'],
    ]);
    expect(failed.problem?.says).toMatch(says);
    expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['-web/é']);
    await expect.poll(() => statusAt(world.source, 'web 1'), { timeout: 20_000 }).toBe(source);
  },
);

test.each(after)('a server that its owner locks while it %s arrives with the others', async (moment) => {
  const { world, sender } = await actingAt(template, moment, locked);
  await untilState(sender, 'ready');
  expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test('a server that is rebuilt while it waits for its cutover arrives as it is then', async () => {
  const { world, sender } = await actingAt(template, 'waits for its cutover', rebuilt);
  await untilState(sender, 'ready');
  expect((await serversAt(world.destination)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
});

test.each([deleted, ordered('stopped', 'os-stop', 'SHUTOFF')])(
  'a new server that is $what by its owner does not stop the rollback',
  async (act) => {
    const { world, sender, campaign } = await template.ready();
    await doneAt(world.destination, act, await firstAt(world.destination));
    await sender.daemon.rollback({ campaign });
    await untilState(sender, 'rolled back');
    expect(await serversAt(world.destination)).toEqual([]);
    expect((await serversAt(world.source)).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
  },
);
