import { release } from '../../../shared/release.ts';
import { compareText } from '../math/compare-text.ts';
import type { ResolveAddress } from './address-directory.ts';
import { ConversationTable, type TableLimits } from './conversation-table.ts';
import { type Flow, guessInitiator, hasPlausibleCounts, plausibleTimes, portsOf } from './flow.ts';
import { type FlowObservation, protocolName } from './flow-observation.ts';
import { hoursOfWeek, spreadOverHours } from './hours.ts';
import { type FlowMatrix, matrixVersion, outside, type Rejection, type Repair, saturatingSum } from './matrix.ts';

/**
 * How much an aggregator holds at most. Beyond it, ports are folded and flows are counted as
 * `over_limit`.
 */
export interface AggregatorLimits extends TableLimits {
  readonly unknownAddresses: number;
}

/** At most 60 MiB. A tenant of a thousand servers has about ten thousand conversations. */
const defaultLimits: AggregatorLimits = { conversations: 200_000, portsPerPair: 64, unknownAddresses: 100 };

/**
 * Adds the observations of one collector up to a flow matrix, within fixed memory. Bad input is
 * counted and never thrown. A collector MUST give each packet once: one that watches both ends of a
 * conversation gives half, or leaves one end out.
 */
export class FlowAggregator {
  readonly #resolve: ResolveAddress;
  readonly #source: string;
  readonly #limits: AggregatorLimits;
  readonly #table: ConversationTable;
  readonly #hours = new Map<string, Float64Array>();
  readonly #unknown = new Map<string, { address: string; network: string | null; bytes: number }>();
  readonly #rejected = new Map<Rejection, number>();
  readonly #repaired = new Map<Repair, number>();

  /**
   * `source` names the collector, such as `conntrack compute-1`: times of one source MUST NOT be
   * merged twice.
   */
  constructor(resolve: ResolveAddress, source: string, limits: AggregatorLimits = defaultLimits) {
    this.#resolve = resolve;
    this.#source = source;
    this.#limits = limits;
    this.#table = new ConversationTable(limits);
  }

  /** How many conversations it holds. */
  get size(): number {
    return this.#table.size;
  }

  /** How many observations were not counted, by reason. */
  get rejected(): Readonly<Partial<Record<Rejection, number>>> {
    return Object.fromEntries(this.#rejected);
  }

  /** Counts something that could not be read as an observation. */
  reject(reason: Rejection, count = 1): void {
    this.#rejected.set(reason, saturatingSum(this.#rejected.get(reason) ?? 0, count));
  }

  /** Adds one observation that was received at `nowMs`; returns whether it was counted. */
  add(observation: FlowObservation, nowMs: number): boolean {
    const flow = this.#flowOf(observation, nowMs);
    if (flow === null) return false;
    const result = this.#table.add(flow);
    if (result === 'folded') this.#repair('ports_folded');
    if (result === 'full') {
      // The table tried to fold it before it refused.
      if (flow.port !== 0) this.#repair('ports_folded');
      this.reject('over_limit');
      return false;
    }
    this.#addHours(flow);
    return true;
  }

  /** The flow matrix so far; `from` and `until` bound the time of observation. */
  matrix(from: Date, until: Date): FlowMatrix {
    return {
      format: 'godwit/traffic',
      version: matrixVersion,
      created_at: until.toISOString(),
      release,
      sources: [{ name: this.#source, from: from.toISOString(), until: until.toISOString() }],
      conversations: this.#table.conversations(),
      shape: this.#shape(),
      unknown: [...this.#unknown.values()],
      rejected: Object.fromEntries(this.#rejected),
      repaired: Object.fromEntries(this.#repaired),
    };
  }

  /** Checks an observation and resolves its ends; null where it is rejected. */
  #flowOf(observation: FlowObservation, nowMs: number): Flow | null {
    const protocol = protocolName(observation.protocol);
    const ports = protocol === null ? null : portsOf(observation, protocol);
    if (protocol === null || ports === null) return this.#refuse('malformed');
    if (!hasPlausibleCounts(observation)) return this.#refuse('absurd_count');
    const { repair, ...times } = plausibleTimes(observation, nowMs);
    if (repair !== null) this.#repair(repair);
    const ends = this.#resolveEnds(observation, times.lastMs);
    if (ends === null) return null;
    const { bytes, packets, replyBytes = 0, replyPackets = 0 } = observation;
    const forth = { bytes, packets };
    const back = { bytes: replyBytes, packets: replyPackets };
    const initiator = observation.initiator === 'unclear' ? guessInitiator(ports, protocol) : observation.initiator;
    if (observation.initiator === 'unclear') this.#repair('direction_guessed');
    return initiator === 'source'
      ? { initiator: ends.from, responder: ends.to, protocol, port: ports.destination, sent: forth, received: back, ...times }
      : { initiator: ends.to, responder: ends.from, protocol, port: ports.source, sent: back, received: forth, ...times };
  }

  /** The server ids of both ends, or `outside`; null where the observation is rejected. */
  #resolveEnds(observation: FlowObservation, atMs: number): { from: string; to: string } | null {
    const { bytes, replyBytes = 0 } = observation;
    const network = observation.network ?? null;
    const source = this.#resolve(observation.source, network, atMs);
    const destination = this.#resolve(observation.destination, network, atMs);
    if (source.is === 'nobody' || destination.is === 'nobody') return this.#refuse('not_a_conversation');
    if (source.is === 'ambiguous' || destination.is === 'ambiguous') return this.#refuse('ambiguous_address');
    if (source.is === 'unknown') return this.#rejectUnknown(observation.source, network, bytes + replyBytes);
    if (destination.is === 'unknown') return this.#rejectUnknown(observation.destination, network, bytes + replyBytes);
    const from = source.is === 'server' ? source.id : outside;
    const to = destination.is === 'server' ? destination.id : outside;
    if (from === to) return this.#refuse(from === outside ? 'foreign_traffic' : 'self_traffic');
    return { from, to };
  }

  #addHours({ initiator, responder, sent, received, firstMs, lastMs }: Flow): void {
    const shares = spreadOverHours(sent.bytes + received.bytes, firstMs, lastMs);
    for (const server of [initiator, responder]) {
      if (server === outside) continue;
      const hours = this.#hours.get(server) ?? new Float64Array(hoursOfWeek);
      this.#hours.set(server, hours);
      for (const [hour, bytes] of shares) hours[hour] = saturatingSum(hours[hour] ?? 0, bytes);
    }
  }

  #shape(): FlowMatrix['shape'] {
    return [...this.#hours]
      .sort(([a], [b]) => compareText(a, b))
      .map(([server, hours]) => ({
        server,
        hours: [...hours].flatMap((bytes, hour): [number, number][] => (bytes > 0 ? [[hour, bytes]] : [])),
      }));
  }

  #rejectUnknown(address: string, network: string | null, bytes: number): null {
    const key = `${network ?? ''} ${address}`;
    const known = this.#unknown.get(key);
    if (known !== undefined) known.bytes = saturatingSum(known.bytes, bytes);
    else if (this.#unknown.size < this.#limits.unknownAddresses) this.#unknown.set(key, { address, network, bytes });
    return this.#refuse('unknown_address');
  }

  #refuse(reason: Rejection): null {
    this.reject(reason);
    return null;
  }

  #repair(what: Repair): void {
    this.#repaired.set(what, saturatingSum(this.#repaired.get(what) ?? 0, 1));
  }
}
