import type { FlowObservation } from '../traffic/flow-observation.ts';
import { addressAt } from './bytes.ts';
import { decodePacket, type LinkLayer, type Packet } from './packet.ts';

/** A sampled packet, and how many packets it represents. */
export interface SflowSample {
  readonly packet: Packet;
  readonly rate: number;
}

/** The content of an sFlow datagram. */
export interface SflowDatagram {
  readonly samples: readonly SflowSample[];
  readonly agent: string;
  readonly subAgent: number;
  readonly sequence: number;
  /** Damaged samples and headers. */
  readonly malformed: number;
}

const mostSamples = 256;
const mostRecords = 64;

/**
 * Parses the sampled packet headers of an sFlow 5 datagram (sFlow.org, "sFlow Version 5"); null for
 * any other. Counter samples and vendors' records are skipped.
 */
export function parseSflow(datagram: Buffer): SflowDatagram | null {
  if (datagram.length < 28 || datagram.readUInt32BE(0) !== 5) return null;
  const family = datagram.readUInt32BE(4);
  if (family !== 1 && family !== 2) return null;
  const after = family === 1 ? 12 : 24;
  if (datagram.length < after + 16) return null;
  const count = datagram.readUInt32BE(after + 12);
  const samples: SflowSample[] = [];
  let malformed = 0;
  let at = after + 16;
  for (let index = 0; index < count; index++) {
    const body = index < mostSamples ? partAt(datagram, at) : null;
    if (body === null) {
      malformed++;
      break;
    }
    const type = datagram.readUInt32BE(at);
    at += 8 + body.length;
    if (type !== 1 && type !== 3) continue;
    const read = flowSample(body, type === 3);
    malformed += read.malformed;
    samples.push(...read.samples);
  }
  const agent = addressAt(datagram, 8, family === 1 ? 4 : 6);
  return { samples, agent, subAgent: datagram.readUInt32BE(after), sequence: datagram.readUInt32BE(after + 4), malformed };
}

/** The observation of all packets that a sample represents. */
export function sampledObservation({ packet, rate }: SflowSample, atMs: number, network: string | undefined): FlowObservation {
  const { source, destination, protocol, sourcePort, destinationPort, bytes, initiator } = packet;
  return {
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
    initiator,
    bytes: bytes * rate,
    packets: rate,
    firstMs: atMs,
    lastMs: atMs,
    ...(network === undefined ? {} : { network }),
  };
}

/** The body behind a type and a length; null where it does not fit. */
function partAt(bytes: Buffer, at: number): Buffer | null {
  if (bytes.length < at + 8) return null;
  const length = bytes.readUInt32BE(at + 4);
  return length % 4 === 0 && length <= bytes.length - at - 8 ? bytes.subarray(at + 8, at + 8 + length) : null;
}

function flowSample(body: Buffer, expanded: boolean): { samples: SflowSample[]; malformed: number } {
  // In an expanded sample the source and both interfaces take two words each.
  const records = expanded ? 44 : 32;
  if (body.length < records) return { samples: [], malformed: 1 };
  const rate = Math.max(1, body.readUInt32BE(expanded ? 12 : 8));
  const count = body.readUInt32BE(records - 4);
  let at = records;
  let malformed = 0;
  for (let index = 0; index < count; index++) {
    const record = index < mostRecords ? partAt(body, at) : null;
    if (record === null) return { samples: [], malformed: malformed + 1 };
    const packet = body.readUInt32BE(at) === 1 ? sampledHeader(record) : 'other';
    at += 8 + record.length;
    if (packet === 'malformed') malformed++;
    // Several records may describe the one sampled packet.
    else if (packet !== 'other') return { samples: [{ packet, rate }], malformed };
  }
  return { samples: [], malformed };
}

const links: Readonly<Record<number, LinkLayer>> = { 1: 'ethernet', 11: 'ip', 12: 'ip' };

function sampledHeader(record: Buffer): Packet | 'other' | 'malformed' {
  if (record.length < 16) return 'malformed';
  const link = links[record.readUInt32BE(0)];
  if (link === undefined) return 'other';
  const length = record.readUInt32BE(12);
  if (length > record.length - 16) return 'malformed';
  // The frame length includes what was stripped, such as the Ethernet checksum.
  const wire = Math.max(0, record.readUInt32BE(4) - record.readUInt32BE(8));
  return decodePacket(record.subarray(16, 16 + length), link, wire);
}
