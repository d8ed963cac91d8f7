import type { Instance } from './instance.ts';
import type { OrderState, Segment } from './segment.ts';

/**
 * The slots of the rest, from `low` to `high`, in which a segment keeps the constraints on what
 * comes first.
 */
export function slotRange(instance: Instance, state: OrderState, segment: Segment): { low: number; high: number } {
  const { predecessors, successors } = instance;
  const { order, position } = state;
  let low = 0;
  let high = segment.restLength;
  for (let at = segment.from; at < segment.until; at++) {
    const server = order[at] as number;
    for (const first of predecessors[server] as readonly number[]) {
      const place = position[first] as number;
      if (!segment.holds(place)) low = Math.max(low, segment.inRest(place) + 1);
    }
    for (const later of successors[server] as readonly number[]) {
      const place = position[later] as number;
      if (!segment.holds(place)) high = Math.min(high, segment.inRest(place));
    }
  }
  return { low, high };
}

/** Whether a segment in a slot leaves every set that moves together in one piece. */
export function keepsSetsTogether({ group, groups }: Instance, state: OrderState, segment: Segment, slot: number): boolean {
  if (groups.length === 0) return true;
  const groupAt = (position: number): number =>
    position < 0 || position >= segment.restLength ? -1 : (group[segment.restServerAt(position)] as number);
  const left = groupAt(slot - 1);
  const right = groupAt(slot);
  const own = group[state.order[segment.from] as number] as number;
  const isPart = own >= 0 && (groups[own]?.length ?? 0) > segment.length;
  if (isPart) return left === own || right === own;
  return left < 0 || left !== right;
}
