import { setTimeout as sleep } from 'node:timers/promises';
import { itineraryTo } from '../migration/itinerary.ts';
import type { Campaign } from './campaign.ts';

/** How often the clock is looked at: milliseconds; it may jump. */
const lookMs = 1_000;

/** What is left of the plan's pause after the server that ended last, whatever wave it was in: milliseconds, from the journal. */
export function pauseLeftMs({ journal, plan }: Campaign, nowMs: number): number {
  const pauseMs = plan.options.delay_seconds * 1000;
  const end = itineraryTo(plan.to).at(-1)?.name;
  const last = journal.facts.findLast((fact) => fact.fact === 'done' && fact.server !== null && fact.phase === end);
  if (last === undefined) return 0;
  const left = Date.parse(last.at) + pauseMs - nowMs;
  // A clock that was set back does not make the pause longer.
  return Math.max(0, Math.min(pauseMs, left));
}

/** Waits for as long as the plan has servers follow one another; as long as that at most, whatever the clock says meanwhile. */
export async function pauseBetween(campaign: Campaign, signal: AbortSignal): Promise<void> {
  const limit = performance.now() + campaign.plan.options.delay_seconds * 1000;
  for (;;) {
    const leftMs = Math.min(pauseLeftMs(campaign, Date.now()), limit - performance.now());
    if (leftMs <= 0) return;
    await sleep(Math.min(lookMs, leftMs), undefined, { signal });
  }
}
