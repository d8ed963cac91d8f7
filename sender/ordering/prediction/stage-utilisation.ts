import { itinerary } from '../../migration/itinerary.ts';
import type { MeasuredCampaign } from './measured-campaign.ts';
import type { Stage } from './model.ts';

/**
 * A server's time in a stage: how long, how long with how many servers in it, and its work in
 * bytes.
 */
export interface StageUtilisation {
  readonly ms: number;
  readonly msAt: readonly (readonly [count: number, ms: number])[];
  readonly work: number;
}

/**
 * The utilisation of a stage by each server of all campaigns, without servers that had no work in
 * it.
 */
export function stageUtilisations(history: readonly MeasuredCampaign[], stage: Stage): StageUtilisation[] {
  const phases = itinerary.flatMap((phase) => (phase.stage === stage ? [phase.name] : []));
  return history.flatMap(({ servers }) => {
    const spans = servers.flatMap((server) => {
      const first = stage === 'transfer' ? server.rounds?.[0] : undefined;
      const own =
        first === undefined
          ? phases.flatMap((name) => server.phases[name] ?? [])
          : // What a warm server sends when it is down says more of reading than of sending.
            [{ beganMs: first.beganMs + first.snapshotMs, ms: first.copyMs }];
      if (own.length === 0) return [];
      const from = Math.min(...own.map(({ beganMs }) => beganMs));
      const until = Math.max(...own.map(({ beganMs, ms }) => beganMs + ms));
      return [{ from, until, work: stage === 'transfer' ? server.sentBytes : server.diskBytes }];
    });
    const counts = stage === 'before' || stage === 'boot';
    return spans
      .filter(({ from, until, work }) => until > from && (counts || work > 0))
      .map(({ from, until, work }) => ({ ms: until - from, msAt: concurrency(from, until, spans), work }));
  });
}

/** How long a span overlaps with how many of the spans, itself included. */
function concurrency(from: number, until: number, spans: readonly { from: number; until: number }[]): [number, number][] {
  const near = spans.filter((span) => span.from < until && span.until > from);
  const cuts = [...new Set([from, until, ...near.flatMap((span) => [span.from, span.until])])]
    .filter((at) => at >= from && at <= until)
    .sort((a, b) => a - b);
  const msAt = new Map<number, number>();
  for (let i = 1; i < cuts.length; i++) {
    const begin = cuts[i - 1] as number;
    const end = cuts[i] as number;
    const count = near.filter((span) => span.from <= begin && span.until >= end).length;
    msAt.set(count, (msAt.get(count) ?? 0) + end - begin);
  }
  return [...msAt];
}
