import type { Instance } from './instance.ts';
import type { OrderState, Segment } from './segment.ts';

/**
 * A service of which a segment holds only a part. Times of the segment count from its beginning.
 */
export interface SplitService {
  readonly weight: number;
  /** Position in the rest of its first server, and when that goes down. */
  readonly first: number;
  readonly downFirst: number;
  /** Position in the rest of its last server, and when that is up. */
  readonly last: number;
  readonly upLast: number;
  /** When its first server of the segment goes down, and its last one is up. */
  readonly downAt: number;
  readonly upAt: number;
}

/**
 * Finds the services that a segment splits. `visit` gets their first and last positions in the
 * whole order, too.
 */
export function splitServices(
  { service, members, serviceWeight, down }: Instance,
  { order, position, upAt }: OrderState,
  segment: Segment,
  visit: (split: SplitService, first: number, last: number) => void,
): void {
  for (const [own, { count, ...times }] of servicesInSegment(service, down, order, upAt, segment)) {
    const list = members[own] as readonly number[];
    const weight = serviceWeight[own] as number;
    if (count === list.length || weight === 0) continue;
    let first = order.length;
    let last = -1;
    let wholeFirst = order.length;
    let wholeLast = -1;
    for (const member of list) {
      const place = position[member] as number;
      wholeFirst = Math.min(wholeFirst, place);
      wholeLast = Math.max(wholeLast, place);
      if (segment.holds(place)) continue;
      first = Math.min(first, segment.inRest(place));
      last = Math.max(last, segment.inRest(place));
    }
    const downFirst = segment.restUpAt(first) - (down[segment.restServerAt(first)] as number);
    visit({ weight, first, last, downFirst, upLast: segment.restUpAt(last), ...times }, wholeFirst, wholeLast);
  }
}

interface InSegment {
  readonly count: number;
  readonly downAt: number;
  readonly upAt: number;
}

function servicesInSegment(
  service: Int32Array,
  down: Float64Array,
  order: Int32Array,
  upAt: Float64Array,
  segment: Segment,
): Map<number, InSegment> {
  const found = new Map<number, InSegment>();
  for (let at = segment.from; at < segment.until; at++) {
    const server = order[at] as number;
    const own = service[server] as number;
    const up = (upAt[at] as number) - segment.start;
    const known = found.get(own);
    if (known === undefined) found.set(own, { count: 1, downAt: up - (down[server] as number), upAt: up });
    else found.set(own, { ...known, count: known.count + 1, upAt: up });
  }
  return found;
}

/**
 * How long a split service is down when its segment stands in a slot that begins at `start` and
 * takes `time`.
 */
export function downtimeInSlot(split: SplitService, slot: number, start: number, time: number): number {
  const { first, last, downFirst, upLast, downAt, upAt } = split;
  if (slot <= first) return upLast + time - (start + downAt);
  if (slot > last) return start + upAt - downFirst;
  return upLast + time - downFirst;
}
