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
  readonly take: (datagram: Buffer, exporter: string, sink: TrafficSink) => void;
  readonly end?: (sink: TrafficSink) => void;
}

/**
 * Creates the handler of a format. Each source has its own, for it remembers templates and sequence
 * numbers.
 */
export const datagramHandlers: Readonly<Record<ExportFormat, (networks: KnownNetworks) => DatagramHandler>> = {
  netflow: () => {
    const gaps = new SequenceGaps();
    const take: DatagramHandler['take'] = (datagram, exporter, sink) => {
      const read = parseNetflow(datagram);
      if (read === null) return sink.refuse('malformed');
      const place = `${exporter} ${read.engine}`;
      gaps.note(place, read.sequence, read.observations.length, 'flows of NetFlow', sink);
      for (const observation of read.observations) sink.see(observation, place);
    };
    return { take };
  },
  ipfix: () => {
    const reader = new IpfixReader();
    const take: DatagramHandler['take'] = (datagram, exporter, sink) => {
      const read = reader.read(datagram, exporter);
      if (read === null) return sink.refuse('malformed');
      sink.refuse('malformed', read.malformed);
      sink.refuse('over_limit', read.overLimit);
      if (read.untold > 0)
        sink.say(`ipfix: ${exporter} sent records before their templates; they are counted when the templates arrive.`);
      const place = `${exporter} ${read.domain}`;
      for (const observation of read.observations) sink.see(observation, place);
      // As if another place saw them: a packet that enters and leaves counts once.
      for (const observation of read.leaving) sink.see(observation, `${place} leaving`);
    };
    const end = (sink: TrafficSink): void => {
      sink.refuse('malformed', reader.waiting);
      if (reader.waiting > 0)
        sink.say(
          [
            'ipfix: some records are missing, for their templates never arrived.',
            'Start before the export is switched on, or observe for longer:',
            'Open vSwitch sends templates every ten minutes.',
          ].join(' '),
        );
    };
    return { take, end };
  },
  sflow: ({ vnis }) => {
    const gaps = new SequenceGaps();
    const take: DatagramHandler['take'] = (datagram, exporter, sink) => {
      const read = parseSflow(datagram);
      if (read === null) return sink.refuse('malformed');
      sink.refuse('malformed', read.malformed);
      const place = `${exporter} ${read.agent} ${read.subAgent}`;
      gaps.note(place, read.sequence, 1, 'datagrams of sFlow', sink);
      for (const sample of read.samples) {
        const { vni } = sample.packet;
        if (isForeignTunnel(vni, vnis)) sink.refuse('foreign_traffic');
        else sink.see(sampledObservation(sample, Date.now(), vni === null ? undefined : vnis.get(vni)), place, true);
      }
    };
    return { take };
  },
};

/** Detects lost datagrams by their sequence numbers. */
class SequenceGaps {
  readonly #next = new Map<string, number>();

  note(place: string, sequence: number, count: number, what: string, sink: TrafficSink): void {
    const expected = this.#next.get(place);
    // Engines and agents come from the datagram: their number is bounded.
    if (expected !== undefined || this.#next.size < mostExporters) this.#next.set(place, (sequence + count) >>> 0);
    // A number that goes back means a restart of the exporter.
    if (expected !== undefined && sequence > expected)
      sink.say(`${what} from ${place} were lost on the way; their traffic is missing.`);
  }
}
