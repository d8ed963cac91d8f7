import { release } from '../../../shared/release.ts';
import type { Resolve } from './address-directory.ts';
import { answers, type Observation, protocolName, withPorts } from './flow-observation.ts';
import { hoursOfWeek, spread } from './hours.ts';
import { compareText, inOrder, outside, plus, type Rejection, type Repair, type Traffic, trafficVersion } from './matrix.ts';

/** How much a tally may hold. Beyond it, ports are folded into one and further pairs are counted as `over_limit`. */
export interface TallyLimits {
  readonly conversations: number;
  readonly portsPerPair: number;
  readonly unknownAddresses: number;
}

/** Some 60 MiB at most: a tenant of a thousand servers has some ten thousand conversations. */
const tallyLimits: TallyLimits = { conversations: 200_000, portsPerPair: 64, unknownAddresses: 100 };

/** One PiB: no single flow record is larger, a broken counter is. */
const absurdCount = 2 ** 50;
const earliestMs = Date.UTC(2000, 0, 1);
const futureMs = 24 * 3_600_000;

interface Cell {
  readonly initiator: string;
  readonly responder: string;
  readonly protocol: string;
  readonly port: number;
  sentBytes: number;
  receivedBytes: number;
  sentPackets: number;
  receivedPackets: number;
  firstMs: number;
  lastMs: number;
}

/**
 * Turns what one collector sees into a flow matrix, within fixed memory. Hostile input is counted, never thrown.
 * A collector MUST give each packet once: one that watches both ends of a conversation halves it or leaves one end out.
 */
export class Tally {
  readonly #resolve: Resolve;
  readonly #source: string;
  readonly #limits: TallyLimits;
  readonly #cells = new Map<string, Cell>();
  readonly #ports = new Map<string, number>();
  readonly #hours = new Map<string, Float64Array>();
  readonly #unknown = new Map<string, { address: string; network: string | null; bytes: number }>();
  readonly #rejected = new Map<Rejection, number>();
  readonly #repaired = new Map<Repair, number>();

  /** `source` names the place of observation, such as `conntrack compute-1`: two files of one source are merged only if their times are apart. */
  constructor(resolve: Resolve, source: string, limits: TallyLimits = tallyLimits) {
    this.#resolve = resolve;
    this.#source = source;
    this.#limits = limits;
  }

  /** How many conversations it holds. */
  get size(): number {
    return this.#cells.size;
  }

  /** What was not counted so far, by reason. */
  get rejected(): Readonly<Partial<Record<Rejection, number>>> {
    return Object.fromEntries(this.#rejected);
  }

  /** Counts something that could not be read as an observation at all. */
  reject(reason: Rejection, count = 1): void {
    this.#rejected.set(reason, plus(this.#rejected.get(reason) ?? 0, count));
  }

  /** Adds one observation; returns whether it was counted. `nowMs` is when it was received: the yardstick for absurd clocks. */
  add(observation: Observation, nowMs: number): boolean {
    const protocol = protocolName(observation.protocol);
    const ports = portsOf(observation, protocol);
    if (protocol === null || ports === null) return this.#refuse('malformed');
    const { bytes, packets, replyBytes = 0, replyPackets = 0 } = observation;
    if ([bytes, packets, replyBytes, replyPackets].some((count) => !isSane(count))) return this.#refuse('absurd_count');
    const times = this.#timesOf(observation, nowMs);
    const network = observation.network ?? null;
    const source = this.#resolve(observation.source, network, times.lastMs);
    const destination = this.#resolve(observation.destination, network, times.lastMs);
    if (source.is === 'nobody' || destination.is === 'nobody') return this.#refuse('not_a_conversation');
    if (source.is === 'ambiguous' || destination.is === 'ambiguous') return this.#refuse('ambiguous_address');
    if (source.is === 'unknown') return this.#refuseUnknown(observation.source, network, bytes + replyBytes);
    if (destination.is === 'unknown') return this.#refuseUnknown(observation.destination, network, bytes + replyBytes);
    const from = source.is === 'server' ? source.id : outside;
    const to = destination.is === 'server' ? destination.id : outside;
    if (from === to) return this.#refuse(from === outside ? 'foreign_traffic' : 'self_traffic');
    const asker = observation.initiator === 'unclear' ? this.#guess(ports, protocol) : observation.initiator;
    const [sent, received] = [
      { bytes, packets },
      { bytes: replyBytes, packets: replyPackets },
    ];
    const flow =
      asker === 'source'
        ? { initiator: from, responder: to, port: ports[1], sent, received }
        : { initiator: to, responder: from, port: ports[0], sent: received, received: sent };
    return this.#count({ ...flow, protocol, ...times });
  }

  /** The flow matrix so far; `from` and `until` bound the time of watching. */
  matrix(from: Date, until: Date): Traffic {
    const iso = (ms: number): string => new Date(ms).toISOString();
    return {
      format: 'godwit/traffic',
      version: trafficVersion,
      created_at: until.toISOString(),
      release,
      sources: [{ name: this.#source, from: from.toISOString(), until: until.toISOString() }],
      conversations: inOrder(
        [...this.#cells.values()].map(({ sentBytes, receivedBytes, sentPackets, receivedPackets, firstMs, lastMs, ...who }) => ({
          ...who,
          ...{ sent_bytes: sentBytes, received_bytes: receivedBytes },
          ...{ sent_packets: sentPackets, received_packets: receivedPackets },
          ...{ first_seen: iso(firstMs), last_seen: iso(lastMs) },
        })),
      ),
      shape: [...this.#hours]
        .sort(([a], [b]) => compareText(a, b))
        .map(([server, hours]) => ({
          server,
          hours: [...hours].flatMap((bytes, hour): [number, number][] => (bytes > 0 ? [[hour, bytes]] : [])),
        })),
      unknown: [...this.#unknown.values()],
      rejected: Object.fromEntries(this.#rejected),
      repaired: Object.fromEntries(this.#repaired),
    };
  }

  #count(flow: Flow): boolean {
    const cell = this.#cellOf(flow);
    if (cell === null) return this.#refuse('over_limit');
    cell.sentBytes = plus(cell.sentBytes, flow.sent.bytes);
    cell.sentPackets = plus(cell.sentPackets, flow.sent.packets);
    cell.receivedBytes = plus(cell.receivedBytes, flow.received.bytes);
    cell.receivedPackets = plus(cell.receivedPackets, flow.received.packets);
    cell.firstMs = Math.min(cell.firstMs, flow.firstMs);
    cell.lastMs = Math.max(cell.lastMs, flow.lastMs);
    const shares = spread(flow.sent.bytes + flow.received.bytes, flow.firstMs, flow.lastMs);
    for (const server of [flow.initiator, flow.responder]) {
      if (server === outside) continue;
      const hours = this.#hours.get(server) ?? new Float64Array(hoursOfWeek);
      this.#hours.set(server, hours);
      for (const [hour, bytes] of shares) hours[hour] = plus(hours[hour] ?? 0, bytes);
    }
    return true;
  }

  /** The cell of a flow; a pair with too many ports, or a full tally, has one cell for the rest. */
  #cellOf(flow: Flow): Cell | null {
    const pair = `${flow.initiator} ${flow.responder} ${flow.protocol}`;
    const known = this.#cells.get(`${pair} ${flow.port}`);
    if (known !== undefined) return known;
    const ports = this.#ports.get(pair) ?? 0;
    const full = this.#cells.size >= this.#limits.conversations;
    const fold = flow.port !== 0 && (full || ports >= this.#limits.portsPerPair);
    if (fold) {
      this.#repair('ports_folded');
      return this.#cellOf({ ...flow, port: 0 });
    }
    if (full) return null;
    const { initiator, responder, protocol, port, firstMs, lastMs } = flow;
    const none = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 };
    const cell: Cell = { initiator, responder, protocol, port, ...none, firstMs, lastMs };
    this.#cells.set(`${pair} ${port}`, cell);
    this.#ports.set(pair, ports + 1);
    return cell;
  }

  #guess(ports: readonly [number, number], protocol: string): 'source' | 'destination' {
    this.#repair('direction_guessed');
    // Without ports both directions of a pair would be two conversations; that is all the source of information tells.
    if (!withPorts.has(protocol)) return 'source';
    return answers(...ports) === 'destination' ? 'source' : 'destination';
  }

  /** Clocks of exporters jump: what lies before 2000 or after tomorrow is taken as now, and an end before its beginning as a moment. */
  #timesOf({ firstMs, lastMs }: Observation, nowMs: number): { firstMs: number; lastMs: number } {
    const sane = (ms: number): boolean => ms >= earliestMs && ms <= nowMs + futureMs;
    if (!sane(firstMs) || !sane(lastMs)) {
      this.#repair('clock_absurd');
      const moment = sane(lastMs) ? lastMs : sane(firstMs) ? firstMs : nowMs;
      return { firstMs: moment, lastMs: moment };
    }
    if (firstMs <= lastMs) return { firstMs, lastMs };
    this.#repair('clock_backwards');
    return { firstMs: lastMs, lastMs };
  }

  #refuse(reason: Rejection): false {
    this.reject(reason);
    return false;
  }

  #refuseUnknown(address: string, network: string | null, bytes: number): false {
    const key = `${network ?? ''} ${address}`;
    const known = this.#unknown.get(key);
    if (known !== undefined) known.bytes = plus(known.bytes, bytes);
    else if (this.#unknown.size < this.#limits.unknownAddresses) this.#unknown.set(key, { address, network, bytes });
    return this.#refuse('unknown_address');
  }

  #repair(what: Repair): void {
    this.#repaired.set(what, plus(this.#repaired.get(what) ?? 0, 1));
  }
}

interface Flow {
  readonly initiator: string;
  readonly responder: string;
  readonly protocol: string;
  readonly port: number;
  readonly sent: { readonly bytes: number; readonly packets: number };
  readonly received: { readonly bytes: number; readonly packets: number };
  readonly firstMs: number;
  readonly lastMs: number;
}

function isSane(count: number): boolean {
  return Number.isInteger(count) && count >= 0 && count <= absurdCount;
}

/** Ports of source and destination, 0 where the protocol has none; null where they are no ports. */
function portsOf(observation: Observation, protocol: string | null): readonly [number, number] | null {
  if (protocol === null || !withPorts.has(protocol)) return [0, 0];
  const { sourcePort = 0, destinationPort = 0 } = observation;
  const valid = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;
  return valid(sourcePort) && valid(destinationPort) ? [sourcePort, destinationPort] : null;
}
