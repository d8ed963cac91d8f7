import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type SenderLife, untilState } from '../support/in-process.ts';
import { ShiftedClock } from '../support/shifted-clock.ts';
import { warm } from '../support/warm.ts';
import { flawsAfterMigration, flawsAfterRollback, forget, inWorld, measure, type Yardstick } from './power-cut/worlds.ts';

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

const hourMs = 3_600_000;

/** Waits until some server is in a phase, or beyond. */
async function untilBegun({ daemon }: SenderLife, phase: string): Promise<void> {
  for (;;) {
    const [campaign] = (await daemon.status()).campaigns;
    const facts = campaign === undefined ? [] : ((await daemon.log({ campaign: campaign.id })) as { phase?: string }[]);
    if (facts.some((fact) => fact.phase === phase)) return;
    await sleep(5);
  }
}

test.each([
  ['cold', 'back', -hourMs],
  // Longer than any move here, and shorter than the life of the test's own token.
  ['cold', 'forward', 25 * 60_000],
  ['warm', 'back', -hourMs],
] as const)(
  'clocks that are set in the middle of a move (%s, %s), and again before its rollback, lose nothing, and no duration',
  async (mode, way, byMs) => {
    const begunMs = performance.now();
    const clock = new ShiftedClock();
    try {
      await inWorld(yardstick.dir, `clock-${mode}-${way}`, async (world) => {
        world.startReceiver();
        const sender = await world.startSender();
        const campaign = await beginMigration(sender, mode === 'warm' ? warm('when-ready', {}) : undefined);
        await untilBegun(sender, mode === 'warm' ? 'precopy' : 'stop');
        clock.step(byMs);
        await untilState(sender, 'ready');
        expect(await flawsAfterMigration(world, yardstick)).toEqual([]);
        const { moves } = await sender.daemon.report({ campaign });
        const wholeMs = performance.now() - begunMs;
        for (const { downtimeMs, phases } of moves) {
          expect(downtimeMs).toBeGreaterThan(0);
          expect(downtimeMs).toBeLessThan(wholeMs);
          expect(phases.map(({ name }) => name)).toContain('stop');
          for (const { ms } of phases) expect(ms).toBeLessThan(wholeMs);
        }
        clock.step(byMs);
        await sender.daemon.rollback({ campaign });
        await untilState(sender, 'rolled back');
        expect(await flawsAfterRollback(world, yardstick)).toEqual([]);
        await sender.stop();
      });
    } finally {
      clock.restore();
    }
  },
);
