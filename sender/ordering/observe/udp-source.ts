import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Problem } from '../../../shared/problem.ts';
import { IpfixReader } from '../collect/ipfix.ts';
import { parseNetflow } from '../collect/netflow.ts';
import { parseSflow, sampledObservation } from '../collect/sflow.ts';
import type { Networks, Sink, Source } from './source.ts';

/** The formats that switches export. */
export type ExportFormat = 'netflow' | 'ipfix' | 'sflow';

/** Exporters that are listened to on one port; a sender of datagrams can invent any number. */
const mostExporters = 256;
/** What arrives while we are busy. */
const receiveBytes = 4 * 1024 * 1024;

/** Takes the datagrams of exporters, one at a time, and says at the end what is missing. */
interface Taker {
  readonly take: (datagram: Buffer, exporter: string, sink: Sink) => void;
  readonly end?: (sink: Sink) => void;
}

/** Listens for exported flows on a UDP port of this machine. */
export function udpSource(format: ExportFormat, port: number, node: string, networks: Networks): Source {
  const name = `${format} ${node}:${port}`;
  return {
    ...{ name, live: true },
    watch: async (sink, signal) => {
      const { take, end } = takers[format](networks);
      const exporters = new Set<string>();
      const socket = await bind(port);
      const from = new Date().toISOString();
      socket.on('message', (datagram, { address }) => {
        const known = exporters.has(address) || exporters.size < mostExporters;
        if (!known) return sink.refuse('over_limit');
        exporters.add(address);
        take(datagram, address, sink);
      });
      try {
        if (!signal.aborted) await once(socket, 'close', { signal });
      } catch (error) {
        if (!signal.aborted)
          throw new Problem('E_OBSERVE', `${name} broke off: ${(error as Error).message}.`, { about: name, cause: error });
      } finally {
        socket.close();
      }
      end?.(sink);
      if (exporters.size === 0) sink.say(`${name}: nothing arrived.`);
      return { name, from, until: new Date().toISOString() };
    },
  };
}

async function bind(port: number): Promise<Socket> {
  // One socket for both families; a machine without IPv6 has only the other.
  for (const type of ['udp6', 'udp4'] as const) {
    const socket = createSocket({ type, recvBufferSize: receiveBytes });
    try {
      socket.bind(port);
      await once(socket, 'listening');
      return socket;
    } catch (error) {
      socket.close();
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (type === 'udp6' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL')) continue;
      throw new Problem(
        'E_LISTEN',
        `UDP port ${port} cannot be opened: ${code === 'EADDRINUSE' ? 'another program has it' : code}.`,
        {
          ...{ about: `${port}/udp`, cause: error, hint: 'Choose another port, or stop the program that holds it.' },
        },
      );
    }
  }
  throw new Problem('E_LISTEN', `UDP port ${port} cannot be opened.`, { about: `${port}/udp` });
}

const takers: Readonly<Record<ExportFormat, (networks: Networks) => Taker>> = {
  netflow: () => {
    const gaps = new Gaps();
    const take: Taker['take'] = (datagram, exporter, sink) => {
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
    const take: Taker['take'] = (datagram, exporter, sink) => {
      const read = reader.read(datagram, exporter);
      if (read === null) return sink.refuse('malformed');
      sink.refuse('malformed', read.malformed);
      sink.refuse('over_limit', read.overLimit);
      if (read.untold > 0) sink.say(`ipfix: ${exporter} sends records before their templates; they are counted when those come.`);
      const place = `${exporter} ${read.domain}`;
      for (const observation of read.observations) sink.see(observation, place);
      // A place of its own: what came in and went out again counts once.
      for (const observation of read.leaving) sink.see(observation, `${place} leaving`);
    };
    const end = (sink: Sink): void => {
      sink.refuse('malformed', reader.waiting);
      if (reader.waiting > 0)
        sink.say(
          'ipfix: templates never came for some records, which are missing. Begin to watch before the export is switched on, or watch for longer than its templates take: ten minutes with Open vSwitch.',
        );
    };
    return { take, end };
  },
  sflow: ({ vnis }) => {
    const gaps = new Gaps();
    const take: Taker['take'] = (datagram, exporter, sink) => {
      const read = parseSflow(datagram);
      if (read === null) return sink.refuse('malformed');
      sink.refuse('malformed', read.malformed);
      const place = `${exporter} ${read.agent} ${read.subAgent}`;
      gaps.note(place, read.sequence, 1, 'datagrams of sFlow', sink);
      for (const sample of read.samples) {
        const { vni } = sample.packet;
        if (isForeign(vni, vnis)) sink.refuse('foreign_traffic');
        else sink.see(sampledObservation(sample, Date.now(), vni === null ? undefined : vnis.get(vni)), place, true);
      }
    };
    return { take };
  },
};

/** Whether a tunnel's identifier is known to be of another tenant. */
export function isForeign(vni: number | null, vnis: ReadonlyMap<number, string>): boolean {
  return vni !== null && vnis.size > 0 && !vnis.has(vni);
}

/** Notices datagrams that were lost on the way, by their numbers. */
class Gaps {
  readonly #next = new Map<string, number>();

  note(place: string, sequence: number, count: number, what: string, sink: Sink): void {
    const expected = this.#next.get(place);
    // Engines and agents are what the datagram says: only so many are remembered.
    if (expected !== undefined || this.#next.size < mostExporters) this.#next.set(place, (sequence + count) >>> 0);
    // A number that went back is a restart.
    if (expected !== undefined && sequence > expected)
      sink.say(`${what} from ${place} were lost on the way; the matrix is that much too small.`);
  }
}
