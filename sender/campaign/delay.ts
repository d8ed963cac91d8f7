import { setTimeout as sleep } from 'node:timers/promises';
import { lastPhaseTo } from '../migration/itinerary.ts';
import type { Campaign } from './campaign.ts';

/** Between two looks at the clock, which may jump: milliseconds. */
const lookMs = 1_000;

/** What is left of the plan's delay after the last finished server: milliseconds. */
export function delayLeftMs({ journal, plan }: Campaign, nowMs: number): number {
  const delayMs = plan.options.delay_seconds * 1000;
  const end = lastPhaseTo(plan.to);
  const last = journal.facts.findLast((fact) => fact.fact === 'done' && fact.server !== null && fact.phase === end);
  if (last === undefined) return 0;
  const left = Date.parse(last.at) + delayMs - nowMs;
  // A clock that was set back does not lengthen the delay.
  return Math.max(0, Math.min(delayMs, left));
}

/** Waits for the plan's delay between two servers; a clock change never lengthens it. */
export async function awaitDelay(campaign: Campaign, signal: AbortSignal): Promise<void> {
  const limit = performance.now() + campaign.plan.options.delay_seconds * 1000;
  for (;;) {
    const leftMs = Math.min(delayLeftMs(campaign, Date.now()), limit - performance.now());
    if (leftMs <= 0) return;
    await sleep(Math.min(lookMs, leftMs), undefined, { signal });
  }
}
