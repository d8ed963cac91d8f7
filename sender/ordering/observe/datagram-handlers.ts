import { IpfixReader } from '../collect/ipfix.ts';
import { parseNetflow } from '../collect/netflow.ts';
import { parseSflow, sampledObservation } from '../collect/sflow.ts';
import { isForeignTunnel, type KnownNetworks, type TrafficSink } from './source.ts';

/** The formats that switches export. */
export type ExportFormat = 'netflow' | 'ipfix' | 'sflow';

/** How many exporters one port accepts: the sender of a datagram can claim any address. */
export const mostExporters = 256;

/** Handles the datagrams of one port; `end` reports what is missing. */
interface DatagramHandler {
  readonly handle: (datagram: Buffer, exporter: string, sink: TrafficSink) => void;
  readonly end?: (sink: TrafficSink) => void;
}

/**
 * Creates the handler of a format. Each source has its own, for it remembers templates and sequence
 * numbers.
 */
export const datagramHandlers: Readonly<Record<ExportFormat, (networks: KnownNetworks) => DatagramHandler>> = {
  netflow: () => {
    const gaps = new SequenceGaps();
    const handle: DatagramHandler['handle'] = (datagram, exporter, sink) => {
      const read = parseNetflow(datagram);
      if (read === null) return sink.reject('malformed');
      const place = `${exporter} ${read.engine}`;
      gaps.check(place, read.sequence, read.observations.length, 'flows of NetFlow', sink);
      for (const observation of read.observations) sink.add(observation, place);
    };
    return { handle };
  },
  ipfix: () => {
    const reader = new IpfixReader();
    const handle: DatagramHandler['handle'] = (datagram, exporter, sink) => {
      const read = reader.read(datagram, exporter);
      if (read === null) return sink.reject('malformed');
      sink.reject('malformed', read.malformed);
      sink.reject('over_limit', read.overLimit);
      if (read.withoutTemplate > 0)
        sink.say(`ipfix: ${exporter} sent records before their templates; they are counted when the templates arrive.`);
      const place = `${exporter} ${read.domain}`;
      for (const observation of read.observations) sink.add(observation, place);
      // As if another place saw them: a packet that enters and leaves counts once.
      for (const observation of read.leaving) sink.add(observation, `${place} leaving`);
    };
    const end = (sink: TrafficSink): void => {
      sink.reject('malformed', reader.waiting);
      if (reader.waiting > 0)
        sink.say(
          [
            'ipfix: some records are missing, for their templates never arrived.',
            'Start before the export is switched on, or observe for longer:',
            'Open vSwitch sends templates every ten minutes.',
          ].join(' '),
        );
    };
    return { handle, end };
  },
  sflow: ({ vnis }) => {
    const gaps = new SequenceGaps();
    const handle: DatagramHandler['handle'] = (datagram, exporter, sink) => {
      const read = parseSflow(datagram);
      if (read === null) return sink.reject('malformed');
      sink.reject('malformed', read.malformed);
      const place = `${exporter} ${read.agent} ${read.subAgent}`;
      gaps.check(place, read.sequence, 1, 'datagrams of sFlow', sink);
      for (const sample of read.samples) {
        const { vni } = sample.packet;
        if (isForeignTunnel(vni, vnis)) sink.reject('foreign_traffic');
        else sink.add(sampledObservation(sample, Date.now(), vni === null ? undefined : vnis.get(vni)), place, true);
      }
    };
    return { handle };
  },
};

/** Detects lost datagrams by their sequence numbers. */
class SequenceGaps {
  readonly #next = new Map<string, number>();

  check(place: string, sequence: number, count: number, what: string, sink: TrafficSink): void {
    const expected = this.#next.get(place);
    // Engines and agents come from the datagram: their number is bounded.
    if (expected !== undefined || this.#next.size < mostExporters) this.#next.set(place, (sequence + count) >>> 0);
    // A number that goes back means a restart of the exporter.
    if (expected !== undefined && sequence > expected)
      sink.say(`${what} from ${place} were lost on the way; their traffic is missing.`);
  }
}
