import type { Pair } from '../order/request.ts';
import { compareText, outside, plus, type Traffic } from './matrix.ts';

/** Bytes that two servers exchange, both ways and on all ports, once for each pair, `a` before `b`. Traffic with the world is left out. */
export function pairsOf({ conversations }: Pick<Traffic, 'conversations'>): Pair[] {
  const sums = new Map<string, Pair>();
  for (const { initiator, responder, sent_bytes, received_bytes } of conversations) {
    if (initiator === outside || responder === outside || initiator === responder) continue;
    const [a, b] = compareText(initiator, responder) < 0 ? [initiator, responder] : [responder, initiator];
    const key = JSON.stringify([a, b]);
    const bytes = plus(sent_bytes, received_bytes);
    if (bytes > 0) sums.set(key, { a, b, bytes: plus(sums.get(key)?.bytes ?? 0, bytes) });
  }
  return [...sums.values()].sort((x, y) => compareText(x.a, y.a) || compareText(x.b, y.b));
}
