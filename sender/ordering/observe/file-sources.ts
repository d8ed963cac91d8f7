import { createReadStream } from 'node:fs';
import { Problem } from '../../../shared/problem.ts';
import { readFrames } from '../collect/capture-file.ts';
import { ChunkSplitter } from '../collect/chunk-splitter.ts';
import { isConntrackMessage, parseConntrackLine, parseConntrackXml } from '../collect/conntrack.ts';
import { ConntrackMeter } from '../collect/conntrack-meter.ts';
import { decodePacket } from '../collect/packet.ts';
import { PacketFlows } from '../collect/packet-flows.ts';
import { parsePmacct } from '../collect/pmacct.ts';
import type { FlowObservation } from '../traffic/flow-observation.ts';
import { meteredFlowSink } from './conntrack-source.ts';
import { isForeignTunnel, type KnownNetworks, type ObservedPeriod, type TrafficSink, type TrafficSource } from './source.ts';

/** Reads a pcap or pcapng file. */
export function pcapSource(file: string, { vnis }: KnownNetworks): TrafficSource {
  const name = `pcap ${file}`;
  const watch = async (sink: TrafficSink, signal: AbortSignal): Promise<ObservedPeriod | null> => {
    const flows = new PacketFlows((vni) => vnis.get(vni));
    const span = new TimeSpan(name);
    const see = (observations: readonly FlowObservation[]): void => {
      for (const observation of observations) sink.add(observation, name);
    };
    for await (const { bytes, wireBytes, atMs, link } of readFrames(bytesOf(file), file, () => sink.reject('malformed'))) {
      if (signal.aborted) break;
      const packet = link === undefined ? 'malformed' : decodePacket(bytes, link, wireBytes);
      if (packet === 'malformed') sink.reject('malformed');
      if (typeof packet === 'string') continue;
      span.note(atMs);
      if (isForeignTunnel(packet.vni, vnis)) sink.reject('foreign_traffic');
      else see(flows.add(packet, atMs));
    }
    see(flows.flush());
    return span.period();
  };
  return { name, live: false, watch };
}

/** Reads pmacct's JSON, one row on each line. */
export function pmacctSource(file: string): TrafficSource {
  const name = `pmacct ${file}`;
  const seenMs = Date.now();
  const watch = async (sink: TrafficSink, signal: AbortSignal): Promise<ObservedPeriod | null> => {
    const span = new TimeSpan(name);
    for await (const line of splitFile(file, '\n', sink)) {
      if (signal.aborted) break;
      if (line.trim() === '') continue;
      const observation = parsePmacct(line, seenMs);
      if (observation === null) {
        sink.reject('malformed');
        continue;
      }
      span.note(observation.firstMs);
      span.note(observation.lastMs);
      sink.add(observation, name);
    }
    return span.period();
  };
  return { name, live: false, watch };
}

/** Reads the output of conntrack: lines or XML, dumps or events. Counters are taken in full. */
export function conntrackFileSource(file: string, networks: KnownNetworks): TrafficSource {
  const name = `conntrack ${file}`;
  const watch = async (sink: TrafficSink, signal: AbortSignal): Promise<ObservedPeriod | null> => {
    const meter = new ConntrackMeter();
    const give = meteredFlowSink(name, networks, sink);
    const span = new TimeSpan(name);
    const xml = await isXml(file);
    for await (const piece of splitFile(file, xml ? '</flow>' : '\n', sink)) {
      if (signal.aborted) break;
      const entry = xml ? parseConntrackXml(piece) : parseConntrackLine(piece);
      if (entry === null) {
        if (xml ? piece.includes('<flow') : !isConntrackMessage(piece)) sink.reject('malformed');
        continue;
      }
      const seconds = /^\s*\[(\d{9,10})\.\d+\]/.exec(piece)?.[1];
      const atMs = seconds === undefined ? Date.now() : Number(seconds) * 1000;
      span.note(atMs);
      const metered = meter.event(entry, atMs);
      if (metered !== null) give([metered]);
    }
    sink.reject('over_limit', meter.overLimit);
    return span.period();
  };
  return { name, live: false, watch };
}

/** The time from the first to the last observation of a file. */
class TimeSpan {
  readonly #name: string;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.#name = name;
  }

  note(atMs: number): void {
    // The aggregator repairs impossible times; they do not extend the period.
    if (atMs <= 0 || atMs > Date.now() + 86_400_000) return;
    this.#first = Math.min(this.#first, atMs);
    this.#last = Math.max(this.#last, atMs);
  }

  period(): ObservedPeriod | null {
    if (this.#first > this.#last) return null;
    return { name: this.#name, from: new Date(this.#first).toISOString(), until: new Date(this.#last + 1).toISOString() };
  }
}

async function isXml(file: string): Promise<boolean> {
  for await (const chunk of bytesOf(file)) return chunk.toString('utf8').trimStart().startsWith('<');
  return false;
}

async function* splitFile(file: string, separator: string, sink: TrafficSink): AsyncGenerator<string> {
  const pieces = new ChunkSplitter(separator);
  for await (const chunk of bytesOf(file)) yield* pieces.push(chunk.toString('latin1'));
  yield pieces.end();
  sink.reject('malformed', pieces.dropped);
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Buffer;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code;
    throw new Problem('E_USAGE', `${file} cannot be read: ${why}.`, { about: file, cause: error });
  }
}
