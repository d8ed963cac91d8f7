import type { FlowObservation } from '../traffic/flow-observation.ts';
import { addressAt, unsignedAt } from './bytes.ts';
import { type Template, variable } from './ipfix-template.ts';

/** Marks an element of the reverse direction (RFC 5103). */
const reverseEnterprise = 29_305;
/** Seconds from 1900, the epoch of NTP, to 1970. */
const ntpOffsetSeconds = 2_208_988_800;

type Values = Map<number, Buffer>;

/**
 * Parses the records of a data set, without those of frames that are not IP. Null where the set
 * ends inside a record.
 */
export function parseRecords(
  body: Buffer,
  template: Template,
  sentMs: number,
): { observations: FlowObservation[]; leaving: FlowObservation[]; unusable: number } | null {
  const observations: FlowObservation[] = [];
  const leaving: FlowObservation[] = [];
  let unusable = 0;
  let at = 0;
  while (body.length - at >= template.leastBytes) {
    const read = parseRecord(body, at, template);
    if (read === null) return null;
    at = read.end;
    if (template.options || isNotIp(read.values)) continue;
    const observation = observationOf(read.values, read.reverse, sentMs);
    if (observation === null) unusable++;
    else (isLeaving(read.values) ? leaving : observations).push(observation);
  }
  return { observations, leaving, unusable };
}

function parseRecord(body: Buffer, start: number, { fields }: Template): { values: Values; reverse: Values; end: number } | null {
  const values: Values = new Map();
  const reverse: Values = new Map();
  let at = start;
  for (const field of fields) {
    let length = field.length;
    if (length === variable) {
      // One byte, or 255 and two more (RFC 7011, 7).
      length = body[at] ?? 0;
      at += 1;
      if (length === 255) {
        if (body.length < at + 2) return null;
        length = body.readUInt16BE(at);
        at += 2;
      }
    }
    if (body.length < at + length) return null;
    const value = body.subarray(at, at + length);
    if (field.enterprise === 0) values.set(field.element, value);
    if (field.enterprise === reverseEnterprise) reverse.set(field.element, value);
    at += length;
  }
  return { values, reverse, end: at };
}

/** Element numbers, https://www.iana.org/assignments/ipfix. */
// biome-ignore format: a table is read by column
const elements = {
  octetDelta: 1, packetDelta: 2, protocol: 4, sourcePort: 7, source4: 8, destinationPort: 11, destination4: 12,
  source6: 27, destination6: 28, samplingInterval: 34, octetTotal: 85, packetTotal: 86,
  startSeconds: 150, endSeconds: 151, startMs: 152, endMs: 153, startMicro: 154, endMicro: 155, startNano: 156, endNano: 157,
  startDelta: 158, endDelta: 159, direction: 61, etherType: 256, udpSource: 180, udpDestination: 181, tcpSource: 182, tcpDestination: 183, biflow: 239,
  layer2Octets: 352,
} as const;

const isNotIp = (values: Values): boolean => {
  const type = values.get(elements.etherType);
  return type?.length === 2 && ![0x0800, 0x86dd].includes(type.readUInt16BE(0));
};

/** flowDirection: 0 where the packet enters the switch, 1 where it leaves. */
const isLeaving = (values: Values): boolean => values.get(elements.direction)?.[0] === 1;

function observationOf(values: Values, reverse: Values, sentMs: number): FlowObservation | null {
  const number = (from: Values, ...candidates: readonly number[]): number | undefined => {
    for (const element of candidates) {
      const value = from.get(element);
      if (value !== undefined && value.length >= 1 && value.length <= 8) return unsignedAt(value, 0, value.length);
    }
    return undefined;
  };
  const address = (four: number, six: number): string | null => {
    const short = values.get(four);
    const long = values.get(six);
    if (short?.length === 4) return addressAt(short, 0, 4);
    return long?.length === 16 ? addressAt(long, 0, 6) : null;
  };
  const e = elements;
  const source = address(e.source4, e.source6);
  const destination = address(e.destination4, e.destination6);
  const bytes = number(values, e.octetDelta, e.octetTotal, e.layer2Octets);
  if (source === null || destination === null || bytes === undefined) return null;
  const rate = Math.max(1, number(values, e.samplingInterval) ?? 1);
  const replyBytes = number(reverse, e.octetDelta, e.octetTotal);
  const replyPackets = number(reverse, e.packetDelta, e.packetTotal);
  const biflow = number(values, e.biflow);
  return {
    source,
    destination,
    protocol: number(values, e.protocol) ?? 255,
    sourcePort: number(values, e.sourcePort, e.tcpSource, e.udpSource) ?? 0,
    destinationPort: number(values, e.destinationPort, e.tcpDestination, e.udpDestination) ?? 0,
    bytes: bytes * rate,
    packets: (number(values, e.packetDelta, e.packetTotal) ?? 0) * rate,
    ...(replyBytes === undefined ? {} : { replyBytes: replyBytes * rate, replyPackets: (replyPackets ?? 0) * rate }),
    firstMs: timeOf(values, [e.startMs, e.startSeconds, e.startMicro, e.startNano, e.startDelta], sentMs),
    lastMs: timeOf(values, [e.endMs, e.endSeconds, e.endMicro, e.endNano, e.endDelta], sentMs),
    initiator: biflow === 1 ? 'source' : biflow === 2 ? 'destination' : 'unclear',
  };
}

/**
 * A time in one of the five forms that exporters use: milliseconds, seconds, NTP (twice), or
 * microseconds before the export.
 */
function timeOf(
  values: Values,
  [ms, seconds, micro, nano, delta]: readonly [number, number, number, number, number],
  sentMs: number,
): number {
  const inMs = values.get(ms);
  const inSeconds = values.get(seconds);
  const before = values.get(delta);
  if (inMs?.length === 8) return unsignedAt(inMs, 0, 8);
  if (inSeconds?.length === 4) return unsignedAt(inSeconds, 0, 4) * 1000;
  const ntp = values.get(micro) ?? values.get(nano);
  if (ntp?.length === 8) return Math.floor((unsignedAt(ntp, 0, 4) - ntpOffsetSeconds + unsignedAt(ntp, 4, 4) / 2 ** 32) * 1000);
  if (before?.length === 4) return sentMs - Math.floor(unsignedAt(before, 0, 4) / 1000);
  return sentMs;
}
