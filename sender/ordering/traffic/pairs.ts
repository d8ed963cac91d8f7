import { compareText } from '../math/compare-text.ts';
import { type FlowMatrix, outside, saturatingSum } from './matrix.ts';

/**
 * Bytes that two servers exchange, both ways. All pairs MUST be measured over the same time; how
 * long does not matter.
 */
export interface TrafficPair {
  readonly a: string;
  readonly b: string;
  readonly bytes: number;
}

/**
 * Sums a matrix over directions and ports: one entry for each pair of servers, `a` before `b`,
 * without `outside`.
 */
export function trafficPairs({ conversations }: Pick<FlowMatrix, 'conversations'>): TrafficPair[] {
  const sums = new Map<string, TrafficPair>();
  for (const { initiator, responder, sent_bytes, received_bytes } of conversations) {
    if (initiator === outside || responder === outside || initiator === responder) continue;
    const [a, b] = compareText(initiator, responder) < 0 ? [initiator, responder] : [responder, initiator];
    const key = JSON.stringify([a, b]);
    const bytes = saturatingSum(sent_bytes, received_bytes);
    if (bytes > 0) sums.set(key, { a, b, bytes: saturatingSum(sums.get(key)?.bytes ?? 0, bytes) });
  }
  return [...sums.values()].sort((x, y) => compareText(x.a, y.a) || compareText(x.b, y.b));
}

/** The same pairs with the server as `a` that asks the other more than it is asked. */
export function askingServerFirst(
  pairs: readonly TrafficPair[],
  { conversations }: Pick<FlowMatrix, 'conversations'>,
): TrafficPair[] {
  const sums = new Map<string, number>();
  for (const { initiator, responder, sent_bytes, received_bytes } of conversations) {
    const key = JSON.stringify([initiator, responder]);
    sums.set(key, saturatingSum(sums.get(key) ?? 0, saturatingSum(sent_bytes, received_bytes)));
  }
  const asked = (a: string, b: string): number => sums.get(JSON.stringify([a, b])) ?? 0;
  return pairs.map(({ a, b, bytes }) => (asked(b, a) > asked(a, b) ? { a: b, b: a, bytes } : { a, b, bytes }));
}
