import { createReadStream } from 'node:fs';
import { Problem } from '../../../shared/problem.ts';
import { readFrames } from '../collect/capture-file.ts';
import { Pieces } from '../collect/chunk-splitter.ts';
import { isTalk, parseConntrackLine, parseConntrackXml } from '../collect/conntrack.ts';
import { ConntrackMeter } from '../collect/conntrack-meter.ts';
import { decodePacket } from '../collect/packet.ts';
import { PacketFlows } from '../collect/packet-flows.ts';
import { parsePmacct } from '../collect/pmacct.ts';
import type { Observation } from '../traffic/flow-observation.ts';
import { giver } from './conntrack-source.ts';
import type { Networks, Period, Sink, Source } from './source.ts';
import { isForeign } from './udp-source.ts';

/** Reads a file of packets as tcpdump writes it. */
export function pcapSource(file: string, { vnis }: Networks): Source {
  const name = `pcap ${file}`;
  const watch = async (sink: Sink, signal: AbortSignal): Promise<Period | null> => {
    const flows = new PacketFlows((vni) => vnis.get(vni));
    const span = new Span(name);
    const see = (observations: readonly Observation[]): void => {
      for (const observation of observations) sink.see(observation, name);
    };
    for await (const { bytes, wireBytes, atMs, link } of readFrames(bytesOf(file), file, () => sink.refuse('malformed'))) {
      if (signal.aborted) break;
      const packet = link === undefined ? 'malformed' : decodePacket(bytes, link, wireBytes);
      if (packet === 'malformed') sink.refuse('malformed');
      if (typeof packet === 'string') continue;
      span.note(atMs);
      if (isForeign(packet.vni, vnis)) sink.refuse('foreign_traffic');
      else see(flows.add(packet, atMs));
    }
    see(flows.flush());
    return span.period();
  };
  return { name, live: false, watch };
}

/** Reads pmacct's JSON, one row on each line. */
export function pmacctSource(file: string): Source {
  const name = `pmacct ${file}`;
  const seenMs = Date.now();
  const watch = async (sink: Sink, signal: AbortSignal): Promise<Period | null> => {
    const span = new Span(name);
    for await (const line of piecesOf(file, '\n', sink)) {
      if (signal.aborted) break;
      if (line.trim() === '') continue;
      const observation = parsePmacct(line, seenMs);
      if (observation === null) {
        sink.refuse('malformed');
        continue;
      }
      span.note(observation.firstMs);
      span.note(observation.lastMs);
      sink.see(observation, name);
    }
    return span.period();
  };
  return { name, live: false, watch };
}

/** Reads what conntrack wrote, lines or XML, dumps or events; all of its counters count. */
export function conntrackFileSource(file: string, networks: Networks): Source {
  const name = `conntrack ${file}`;
  const watch = async (sink: Sink, signal: AbortSignal): Promise<Period | null> => {
    const meter = new ConntrackMeter();
    const give = giver(name, networks, sink);
    const span = new Span(name);
    const xml = await isXml(file);
    for await (const piece of piecesOf(file, xml ? '</flow>' : '\n', sink)) {
      if (signal.aborted) break;
      const entry = xml ? parseConntrackXml(piece) : parseConntrackLine(piece);
      if (entry === null) {
        if (xml ? piece.includes('<flow') : !isTalk(piece)) sink.refuse('malformed');
        continue;
      }
      const seconds = /^\s*\[(\d{9,10})\.\d+\]/.exec(piece)?.[1];
      const atMs = seconds === undefined ? Date.now() : Number(seconds) * 1000;
      span.note(atMs);
      const metered = meter.event(entry, atMs);
      if (metered !== null) give([metered]);
    }
    sink.refuse('over_limit', meter.overLimit);
    return span.period();
  };
  return { name, live: false, watch };
}

/** From the first to the last moment that a file tells of. */
class Span {
  readonly #name: string;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.#name = name;
  }

  note(atMs: number): void {
    // What no date can be is for the tally to mend; it is no end of a period.
    if (atMs <= 0 || atMs > Date.now() + 86_400_000) return;
    this.#first = Math.min(this.#first, atMs);
    this.#last = Math.max(this.#last, atMs);
  }

  period(): Period | null {
    if (this.#first > this.#last) return null;
    return { name: this.#name, from: new Date(this.#first).toISOString(), until: new Date(this.#last + 1).toISOString() };
  }
}

async function isXml(file: string): Promise<boolean> {
  for await (const chunk of bytesOf(file)) return chunk.toString('utf8').trimStart().startsWith('<');
  return false;
}

async function* piecesOf(file: string, separator: string, sink: Sink): AsyncGenerator<string> {
  const pieces = new Pieces(separator);
  for await (const chunk of bytesOf(file)) yield* pieces.push(chunk.toString('latin1'));
  yield pieces.end();
  sink.refuse('malformed', pieces.dropped);
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Buffer;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code;
    throw new Problem('E_USAGE', `${file} cannot be read: ${why}.`, { about: file, cause: error });
  }
}
