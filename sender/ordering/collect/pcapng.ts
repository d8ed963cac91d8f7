import type { ByteStream } from './byte-stream.ts';
import { type Frame, linkLayers, longestFrameBytes } from './frame.ts';
import type { LinkLayer } from './packet.ts';

/** Interfaces of one section; dumpcap on a hypervisor writes hundreds. */
const mostInterfaces = 4_096;
const longestBlockBytes = longestFrameBytes + 65_536;
/** The type of a section header block is the same in both byte orders. */
const section = 0x0a0d0d0a;

interface CaptureInterface {
  readonly link: LinkLayer | undefined;
  readonly perSecond: number;
  readonly snapBytes: number;
}

/**
 * Parses a pcapng file behind its first four bytes (IETF draft "PCAP Now Generic"): enhanced and
 * simple packets.
 */
export async function* readPcapng(stream: ByteStream, onDamage: () => void): AsyncGenerator<Frame> {
  let little = false;
  let interfaces: CaptureInterface[] = [];
  let type = section;
  for (;;) {
    const head = await stream.take(type === section ? 8 : 4);
    if (head.length < 4) return onDamage();
    if (type === section) {
      if (head.length < 8) return onDamage();
      little = head.readUInt32LE(4) === 0x1a2b3c4d;
      if (!little && head.readUInt32BE(4) !== 0x1a2b3c4d) return onDamage();
      interfaces = [];
    }
    const length = little ? head.readUInt32LE(0) : head.readUInt32BE(0);
    const left = length - 4 - head.length;
    if (length % 4 !== 0 || left < 4 || length > longestBlockBytes) return onDamage();
    const block = await stream.take(left);
    if (block.length < left) return onDamage();
    const body = block.subarray(0, -4);
    if (type === 1 && interfaces.length < mostInterfaces) interfaces.push(interfaceOf(body, little));
    const frame =
      type === 6 ? enhancedPacket(body, little, interfaces) : type === 3 ? simplePacket(body, little, interfaces) : 'none';
    if (frame === null) onDamage();
    else if (frame !== 'none') yield frame;
    const next = await stream.take(4);
    if (next.length === 0) return;
    if (next.length < 4) return onDamage();
    type = little ? next.readUInt32LE(0) : next.readUInt32BE(0);
  }
}

function reader(little: boolean) {
  return {
    u16: (bytes: Buffer, at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)),
    u32: (bytes: Buffer, at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)),
  };
}

function interfaceOf(body: Buffer, little: boolean): CaptureInterface {
  const { u16, u32 } = reader(little);
  if (body.length < 8) return { link: undefined, perSecond: 1e6, snapBytes: 0 };
  let perSecond = 1e6;
  for (let at = 8; at + 4 <= body.length; ) {
    const code = u16(body, at);
    const length = u16(body, at + 2);
    if (code === 0) break;
    // if_tsresol: a power of ten, or of two where the upper bit is set.
    const exponent = code === 9 && length === 1 ? body[at + 4] : undefined;
    if (exponent !== undefined) perSecond = (exponent & 0x80 ? 2 : 10) ** Math.min(exponent & 0x7f, 40);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { link: linkLayers[u16(body, 0)], perSecond, snapBytes: u32(body, 4) };
}

function enhancedPacket(body: Buffer, little: boolean, interfaces: readonly CaptureInterface[]): Frame | null {
  const { u32 } = reader(little);
  if (body.length < 20) return null;
  const from = interfaces[u32(body, 0)];
  const kept = u32(body, 12);
  if (from === undefined || kept > body.length - 20) return null;
  const atMs = Math.floor(((u32(body, 4) * 2 ** 32 + u32(body, 8)) / from.perSecond) * 1000);
  return { bytes: body.subarray(20, 20 + kept), wireBytes: u32(body, 16), atMs, link: from.link };
}

/** A simple packet has no time. The aggregator repairs the 0 and counts the repair. */
function simplePacket(body: Buffer, little: boolean, [from]: readonly CaptureInterface[]): Frame | null {
  if (body.length < 4 || from === undefined) return null;
  const wireBytes = reader(little).u32(body, 0);
  const kept = Math.min(wireBytes, from.snapBytes === 0 ? wireBytes : from.snapBytes, body.length - 4);
  return { bytes: body.subarray(4, 4 + kept), wireBytes, atMs: 0, link: from.link };
}
