import type { FlowObservation } from '../traffic/flow-observation.ts';
import type { Packet } from './packet.ts';

/** Flows, and first fragments, that are held at once. About 20 MiB. */
const mostFlows = 65_536;

type OpenFlow = { -readonly [Key in keyof FlowObservation]: FlowObservation[Key] } & { replyBytes: number; replyPackets: number };

/** Adds packets up to flows of both directions, and gives fragments the ports of the first one. */
export class PacketFlows {
  readonly #flows = new Map<string, OpenFlow>();
  readonly #ports = new Map<string, readonly [number, number]>();
  readonly #limit: number;
  readonly #networkOf: (vni: number) => string | undefined;

  /** `networkOf` returns the network of a tunnel identifier. */
  constructor(networkOf: (vni: number) => string | undefined = () => undefined, limit = mostFlows) {
    this.#networkOf = networkOf;
    this.#limit = limit;
  }

  /** Adds a packet. Returns the flows so far where there is no room for another one. */
  add(packet: Packet, atMs: number): FlowObservation[] {
    const { source, destination, protocol, bytes, vni } = packet;
    const [sourcePort, destinationPort] = this.#portsOf(packet);
    const forth = `${vni ?? ''} ${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`;
    const known = this.#flows.get(forth);
    if (known !== undefined) {
      known.bytes += bytes;
      known.packets++;
      extendFlow(known, packet.initiator, atMs);
      return [];
    }
    const reply = this.#flows.get(`${vni ?? ''} ${protocol} ${destination} ${destinationPort} ${source} ${sourcePort}`);
    if (reply !== undefined) {
      reply.replyBytes += bytes;
      reply.replyPackets++;
      extendFlow(reply, opposite[packet.initiator], atMs);
      return [];
    }
    const full = this.#flows.size >= this.#limit ? this.flush() : [];
    const network = vni === null ? undefined : this.#networkOf(vni);
    this.#flows.set(forth, {
      source,
      destination,
      protocol,
      sourcePort,
      destinationPort,
      bytes,
      packets: 1,
      replyBytes: 0,
      replyPackets: 0,
      firstMs: atMs,
      lastMs: atMs,
      initiator: packet.initiator,
      ...(network === undefined ? {} : { network }),
    });
    return full;
  }

  /** Removes and returns all flows. */
  flush(): FlowObservation[] {
    const flows = [...this.#flows.values()];
    this.#flows.clear();
    return flows;
  }

  #portsOf({ sourcePort, destinationPort, fragment }: Packet): readonly [number, number] {
    if (fragment === null) return [sourcePort, destinationPort];
    if (!fragment.first) return this.#ports.get(fragment.of) ?? [0, 0];
    // Fragments of one packet follow each other closely: old ones are not needed.
    if (this.#ports.size >= this.#limit) this.#ports.clear();
    this.#ports.set(fragment.of, [sourcePort, destinationPort]);
    return [sourcePort, destinationPort];
  }
}

const opposite = { source: 'destination', destination: 'source', unclear: 'unclear' } as const;

function extendFlow(flow: OpenFlow, initiator: FlowObservation['initiator'], atMs: number): void {
  if (flow.initiator === 'unclear') flow.initiator = initiator;
  flow.firstMs = Math.min(flow.firstMs, atMs);
  flow.lastMs = Math.max(flow.lastMs, atMs);
}
