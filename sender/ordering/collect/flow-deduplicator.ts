import { canonicalIp } from '../../../shared/ip.ts';
import type { FlowObservation } from '../traffic/flow-observation.ts';

/** Flows that are remembered to recognise them when another place has seen them too. Some 60 MiB; beyond, the longest silent is forgotten. */
const mostRemembered = 100_000;

type Counts = [forthBytes: number, forthPackets: number, backBytes: number, backPackets: number];

interface SeenFlow {
  given: Counts;
  readonly seen: Map<string, Counts>;
}

/**
 * Lets each packet count once although several places see it: two hypervisors, two zones, two bridges, two exporters.
 * Of every flow it passes on what the place that saw most of it has seen.
 */
export class FlowDeduplicator {
  readonly #flows = new Map<string, SeenFlow>();
  readonly #limit: number;

  constructor(limit = mostRemembered) {
    this.#limit = limit;
  }

  /**
   * What `place` saw and no other place has seen; null when that is nothing.
   * `whole` tells flows apart by addresses alone: for samples, too few of which fall on one connection to compare places by.
   */
  unseenPart(place: string, observation: FlowObservation, whole = false): FlowObservation | null {
    const { source, destination, protocol, sourcePort = 0, destinationPort = 0, network = '' } = observation;
    const from = `${address(source)} ${whole ? 0 : sourcePort}`;
    const to = `${address(destination)} ${whole ? 0 : destinationPort}`;
    const forward = from <= to;
    const key = `${network} ${whole ? '' : protocol} ${forward ? `${from} ${to}` : `${to} ${from}`}`;
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

/** IPv6 has many spellings; IPv4 has one, and is spared the work. */
function address(text: string): string {
  return text.includes(':') ? canonicalIp(text) : text;
}
