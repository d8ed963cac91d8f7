import { itinerary } from '../../migration/itinerary.ts';
import type { Measured } from './history.ts';
import type { Stage } from './model.ts';

/** One server's time in a stage: how long, how long of it beside how many (itself included), and its work there in bytes. */
export interface Usage {
  readonly ms: number;
  readonly msAt: readonly (readonly [count: number, ms: number])[];
  readonly work: number;
}

/** Every server's time in a stage, over all campaigns. Those that had nothing to do there are left out. */
export function usagesOf(history: readonly Measured[], stage: Stage): Usage[] {
  const phases = itinerary.flatMap((phase) => (phase.stage === stage ? [phase.name] : []));
  return history.flatMap(({ servers }) => {
    const spans = servers.flatMap((server) => {
      const first = stage === 'transfer' ? server.rounds?.[0] : undefined;
      const own =
        first === undefined
          ? phases.flatMap((name) => server.stages[name] ?? [])
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
      .map(({ from, until, work }) => ({ ms: until - from, msAt: company(from, until, spans), work }));
  });
}

/** How long a span overlaps with how many of the spans. */
function company(from: number, until: number, spans: readonly { from: number; until: number }[]): [number, number][] {
  const near = spans.filter((span) => span.from < until && span.until > from);
  const cuts = [...new Set([from, until, ...near.flatMap((span) => [span.from, span.until])])]
    .filter((at) => at >= from && at <= until)
    .sort((a, b) => a - b);
  const msAt = new Map<number, number>();
  for (let i = 1; i < cuts.length; i++) {
    const [begin, end] = [cuts[i - 1] as number, cuts[i] as number];
    const count = near.filter((span) => span.from <= begin && span.until >= end).length;
    msAt.set(count, (msAt.get(count) ?? 0) + end - begin);
  }
  return [...msAt];
}
