import type { FlowObservation } from '../traffic/flow-observation.ts';
import type { ConntrackEntry } from './conntrack.ts';

/** Entries that are remembered between two dumps: the kernel's own usual limit, net.netfilter.nf_conntrack_max. Some 80 MiB. */
const defaultLimit = 262_144;

type Counters = Pick<FlowObservation, 'bytes' | 'packets'> & { readonly replyBytes: number; readonly replyPackets: number };

interface RememberedEntry {
  readonly counts: Counters;
  readonly round: number;
}

/** What an entry has transferred since it was last looked at, and in which zone. */
export interface MeteredFlow {
  readonly zone: number;
  readonly observation: FlowObservation;
}

/**
 * Turns the running totals of conntrack into what crossed in a period.
 * Counters that went back began anew; entries that vanished between two dumps keep what was seen of them.
 */
export class ConntrackMeter {
  readonly #known = new Map<string, RememberedEntry>();
  /** What ended since the last dump: a dump that was being written meanwhile still shows it. */
  readonly #ended = new Set<string>();
  readonly #limit: number;
  #round = 0;
  #lastMs: number | undefined;
  /** Entries that found no room: their traffic is not counted. */
  overLimit = 0;
  /** Entries without byte counters: accounting is off. */
  uncounted = 0;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  /** Takes the first dump of a period as the state at its beginning: nothing of it is counted. */
  start(entries: Iterable<ConntrackEntry>, atMs: number): void {
    for (const entry of entries) this.#measure(entry, atMs);
    this.#lastMs = atMs;
  }

  /** Takes a later dump, and gives what was transferred since the one before. A first dump without `start` counts in full. */
  dump(entries: Iterable<ConntrackEntry>, atMs: number): MeteredFlow[] {
    this.#round++;
    const metered = [...entries].flatMap((entry) => this.#measure(entry, atMs) ?? []);
    for (const [key, { round }] of this.#known) if (round < this.#round) this.#known.delete(key);
    this.#ended.clear();
    this.#lastMs = atMs;
    return metered;
  }

  /** Takes one event; an entry's end carries its last counters. */
  event(entry: ConntrackEntry, atMs: number): MeteredFlow | null {
    // A new entry has no packets yet that were counted, and an update none since the dump: only the end adds to it.
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
    // An end without counters says nothing about what was counted.
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

/** Who asked, and who really answered: behind a destination NAT the reply comes from the server, and not from the address that was asked. */
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
