import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fact } from '../../../sender/migration/fact.ts';
import type { Dated } from '../../../shared/journal.ts';
import { atEveryRecord, flawsAfterMigration, forget, goOn, measure, migrateUntilCut, type Yardstick } from './worlds.ts';

/**
 * How long after its plan a campaign's blackout ends: long enough for the sender to meet it before
 * and after its restart. Milliseconds.
 */
const blackoutMs = 4_000;

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

test('a sender that dies before any record of a campaign that waits stops no server before its time, and none twice', async () => {
  const { records, wrong } = await atEveryRecord(yardstick, async (world, record) => {
    let endMs = 0;
    const edit = (plan: string): string => {
      endMs = Date.now() + blackoutMs;
      return `${plan}calendar:\n  blackout:\n    - { from: 2020-01-01, to: ${new Date(endMs).toISOString().slice(0, 19)}Z }\n`;
    };
    const wasCut = await migrateUntilCut(world, record, edit);
    const sender = await world.startSender();
    await goOn(sender, edit);
    const [campaign] = (await sender.daemon.status()).campaigns;
    const facts = (await sender.daemon.log({ campaign: campaign?.id ?? '' })) as readonly Dated<Fact>[];
    const whole = Math.floor(endMs / 1000) * 1000;
    const early = facts.filter((fact) => fact.fact === 'begun' && fact.phase === 'stop' && Date.parse(fact.at) < whole);
    const stopped = facts.filter((fact) => fact.fact === 'done' && fact.phase === 'stop');
    return {
      wasCut,
      flaws: [
        ...early.map(({ at }) => `a stop at ${at}, before ${new Date(whole).toISOString()}`),
        ...(stopped.length === 2 ? [] : [`${stopped.length} stops`]),
        ...(await flawsAfterMigration(world, yardstick)),
      ],
    };
  });
  expect(wrong).toEqual([]);
  expect(records).toBeGreaterThan(45);
}, 1_200_000);
