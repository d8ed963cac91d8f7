import { disruptionRates } from './disruption.ts';
import type { Instance } from './instance.ts';
import { WaveCapacity } from './wave-capacity.ts';
import type { WaveSequence } from './wave-sequence.ts';

/** Whether a wave may end between two servers: sets that move together share a wave. */
export function mayEndBetween({ group }: Instance, last: number, next: number): boolean {
  return (group[last] as number) < 0 || group[last] !== group[next];
}

/**
 * Cuts an order into as few waves as the limits allow, where the gap disturbs least; null where no
 * cut keeps the limits. Without limits it cuts wherever no service is incomplete.
 */
export function cutIntoWaves(instance: Instance, order: Int32Array): WaveSequence | null {
  const { size, gap, limited, parallel, lengthWeight } = instance;
  if (size === 0) return { order, ends: [] };
  const rates = disruptionRates(instance, order);
  if (!limited && parallel === 1 && gap === 0) return { order, ends: serviceBoundaries(instance, order) };
  const best = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
  const count = new Int32Array(size + 1);
  const came = new Int32Array(size + 1).fill(-1);
  best[0] = 0;
  for (let start = 0; start < size; start++) {
    if (best[start] === Number.POSITIVE_INFINITY) continue;
    if (start > 0 && !mayEndBetween(instance, order[start - 1] as number, order[start] as number)) continue;
    // Without a gap, too, a cut through a service is worse than one beside it.
    const toll = start === 0 ? 0 : (rates[start] as number) * Math.max(1, gap) + lengthWeight * gap;
    const wave = new WaveCapacity(instance);
    for (let end = start + 1; end <= size && wave.add(order[end - 1] as number); end++) {
      const cost = (best[start] as number) + toll;
      const waves = (count[start] as number) + 1;
      const known = best[end] as number;
      if (cost > known || (cost === known && waves >= (count[end] as number))) continue;
      best[end] = cost;
      count[end] = waves;
      came[end] = start;
    }
  }
  if (best[size] === Number.POSITIVE_INFINITY) return null;
  const ends: number[] = [];
  for (let end = size; end > 0; end = came[end] as number) ends.unshift(end);
  return { order, ends };
}

/** The ends of the waves if each wave holds whole services. */
export function serviceBoundaries({ members, service, group, size }: Instance, order: Int32Array): number[] {
  const left = members.map((list) => list.length);
  let open = 0;
  const ends: number[] = [];
  for (const [p, server] of order.entries()) {
    const own = service[server] as number;
    if (left[own] === members[own]?.length) open++;
    left[own] = (left[own] as number) - 1;
    if (left[own] === 0) open--;
    const next = order[p + 1];
    const together = next !== undefined && (group[server] as number) >= 0 && group[server] === group[next];
    if (open === 0 && !together) ends.push(p + 1);
  }
  return size === 0 ? [] : ends;
}
