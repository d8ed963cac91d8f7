import { canonicalIp } from '../../../shared/ip.ts';
import type { FlowObservation } from '../traffic/flow-observation.ts';

/**
 * Flows that are remembered, about 60 MiB. Beyond it, the flow that was not seen for longest is
 * forgotten.
 */
const mostRemembered = 100_000;

type Counts = [forthBytes: number, forthPackets: number, backBytes: number, backPackets: number];

interface SeenFlow {
  given: Counts;
  readonly seen: Map<string, Counts>;
}

/**
 * Counts each packet once although several places see it: hypervisors, zones, bridges, exporters.
 * Of every flow, the place that saw most of it counts.
 */
export class FlowDeduplicator {
  readonly #flows = new Map<string, SeenFlow>();
  readonly #limit: number;

  constructor(limit = mostRemembered) {
    this.#limit = limit;
  }

  /**
   * The part of an observation that no other place has seen; null where there is none. `sampled`
   * flows are compared by addresses alone, for one connection has too few samples to compare.
   */
  unseenPart(place: string, observation: FlowObservation, sampled = false): FlowObservation | null {
    const { source, destination, protocol, sourcePort = 0, destinationPort = 0, network = '' } = observation;
    const from = `${address(source)} ${sampled ? 0 : sourcePort}`;
    const to = `${address(destination)} ${sampled ? 0 : destinationPort}`;
    const forward = from <= to;
    const key = `${network} ${sampled ? '' : protocol} ${forward ? `${from} ${to}` : `${to} ${from}`}`;
    const known = this.#flows.get(key);
    const flow: SeenFlow = known ?? { given: [0, 0, 0, 0], seen: new Map() };
    this.#remember(key, flow);
    const { bytes, packets, replyBytes = 0, replyPackets = 0 } = observation;
    const counts: Counts = forward ? [bytes, packets, replyBytes, replyPackets] : [replyBytes, replyPackets, bytes, packets];
    const before = flow.seen.get(place) ?? [0, 0, 0, 0];
    const seen = before.map((count, index) => count + (counts[index] ?? 0)) as Counts;
    flow.seen.set(place, seen);
    const given = flow.given;
    flow.given = given.map((count, index) => Math.max(count, seen[index] ?? 0)) as Counts;
    const fresh = flow.given.map((count, index) => count - (given[index] ?? 0)) as Counts;
    if (known !== undefined && fresh.every((count) => count === 0)) return null;
    const [one, two, three, four] = fresh;
    return forward
      ? { ...observation, bytes: one, packets: two, replyBytes: three, replyPackets: four }
      : { ...observation, bytes: three, packets: four, replyBytes: one, replyPackets: two };
  }

  #remember(key: string, flow: SeenFlow): void {
    this.#flows.delete(key);
    if (this.#flows.size >= this.#limit) {
      const [oldest] = this.#flows.keys();
      if (oldest !== undefined) this.#flows.delete(oldest);
    }
    this.#flows.set(key, flow);
  }
}

/** IPv6 addresses have many spellings; an IPv4 address has one. */
function address(text: string): string {
  return text.includes(':') ? canonicalIp(text) : text;
}
