import type { FlowObservation } from '../traffic/flow-observation.ts';
import type { ConntrackEntry } from './conntrack.ts';

/**
 * Entries that are remembered between two dumps, as many as the kernel tracks by default
 * (net.netfilter.nf_conntrack_max). About 80 MiB.
 */
const defaultLimit = 262_144;

type Counters = Pick<FlowObservation, 'bytes' | 'packets'> & { readonly replyBytes: number; readonly replyPackets: number };

interface RememberedEntry {
  readonly counts: Counters;
  readonly round: number;
}

/** What an entry has transferred since it was last seen, and its zone. */
export interface MeteredFlow {
  readonly zone: number;
  readonly observation: FlowObservation;
}

/**
 * Turns conntrack's running totals into what crossed in a period. Counters that went back were
 * reset. An entry that disappears between two dumps keeps what was seen of it.
 */
export class ConntrackMeter {
  readonly #known = new Map<string, RememberedEntry>();
  /** Entries that ended since the last dump: a dump that is written meanwhile still shows them. */
  readonly #ended = new Set<string>();
  readonly #limit: number;
  #round = 0;
  #lastMs: number | undefined;
  /** Entries beyond the limit, whose traffic is not counted. */
  overLimit = 0;
  /** Entries without byte counters: accounting is off. */
  uncounted = 0;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  /** Takes the first dump as the state at the beginning of the period; nothing of it is counted. */
  start(entries: Iterable<ConntrackEntry>, atMs: number): void {
    for (const entry of entries) this.#measure(entry, atMs);
    this.#lastMs = atMs;
  }

  /**
   * Takes a later dump and returns the increase since the last. Without `start`, a first dump
   * counts in full.
   */
  dump(entries: Iterable<ConntrackEntry>, atMs: number): MeteredFlow[] {
    this.#round++;
    const metered = [...entries].flatMap((entry) => this.#measure(entry, atMs) ?? []);
    for (const [key, { round }] of this.#known) if (round < this.#round) this.#known.delete(key);
    this.#ended.clear();
    this.#lastMs = atMs;
    return metered;
  }

  /** Takes one event and returns the increase; the end of an entry carries its final counters. */
  event(entry: ConntrackEntry, atMs: number): MeteredFlow | null {
    // Only an end adds anything: a new entry has counted nothing yet, nor has an update since the
    // dump.
    if (entry.event === 'begun' || entry.event === 'changed') return null;
    const metered = this.#measure(entry, atMs);
    if (entry.event === 'ended') {
      this.#known.delete(keyOf(entry));
      if (entry.id !== null && this.#ended.size < this.#limit) this.#ended.add(keyOf(entry));
    }
    return metered;
  }

  #measure(entry: ConntrackEntry, atMs: number): MeteredFlow | null {
    if (!entry.counted) this.uncounted++;
    const key = keyOf(entry);
    if (this.#ended.has(key)) return null;
    const before = this.#known.get(key);
    if (before === undefined && this.#known.size >= this.#limit && entry.event !== 'ended') {
      this.overLimit++;
      return null;
    }
    const { original, reply } = entry;
    const counts: Counters = {
      bytes: original.bytes,
      packets: original.packets,
      replyBytes: reply.bytes,
      replyPackets: reply.packets,
    };
    // An end without counters tells nothing.
    if (before !== undefined && !entry.counted && entry.event === 'ended') return null;
    this.#known.set(key, { counts, round: this.#round });
    const crossed = increase(before?.counts, counts);
    if (before !== undefined && Object.values(crossed).every((count) => count === 0)) return null;
    return { zone: entry.zone, observation: { ...endsOf(entry), ...crossed, firstMs: this.#lastMs ?? atMs, lastMs: atMs } };
  }
}

function increase(before: Counters | undefined, now: Counters): Counters {
  const reset =
    before === undefined ||
    (['bytes', 'packets', 'replyBytes', 'replyPackets'] as const).some((counter) => now[counter] < before[counter]);
  if (reset) return now;
  return {
    bytes: now.bytes - before.bytes,
    packets: now.packets - before.packets,
    replyBytes: now.replyBytes - before.replyBytes,
    replyPackets: now.replyPackets - before.replyPackets,
  };
}

/**
 * The ends of the flow. Behind a destination NAT the reply comes from the real server, not from the
 * asked address.
 */
function endsOf({ protocol, original, reply }: ConntrackEntry) {
  return {
    protocol: Number(protocol),
    initiator: 'source' as const,
    source: original.source,
    sourcePort: original.sourcePort,
    destination: reply.source,
    destinationPort: reply.sourcePort,
  };
}

function keyOf({ id, zone, protocol, original: { source, sourcePort, destination, destinationPort } }: ConntrackEntry): string {
  return `${zone} ${protocol} ${source} ${sourcePort} ${destination} ${destinationPort} ${id ?? ''}`;
}
