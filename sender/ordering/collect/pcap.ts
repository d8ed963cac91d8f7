import type { ByteStream } from './byte-stream.ts';
import { type Frame, linkLayers, longestFrameBytes } from './frame.ts';

/**
 * Parses a pcap file behind its magic number (pcap-savefile(5)): either byte order, micro- or
 * nanoseconds.
 */
export async function* readPcap(stream: ByteStream, magic: number, onDamage: () => void): AsyncGenerator<Frame> {
  const little = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1;
  const perMs = magic === 0xa1b23c4d || magic === 0x4d3cb2a1 ? 1e6 : 1e3;
  const u32 = (bytes: Buffer, at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const header = await stream.take(20);
  if (header.length < 20) return onDamage();
  // The upper bits describe a checksum behind each frame.
  const link = linkLayers[u32(header, 16) & 0xffff];
  for (;;) {
    const record = await stream.take(16);
    if (record.length === 0) return;
    const kept = record.length === 16 ? u32(record, 8) : longestFrameBytes + 1;
    if (kept > longestFrameBytes) return onDamage();
    const bytes = await stream.take(kept);
    if (bytes.length < kept) return onDamage();
    yield { bytes, wireBytes: u32(record, 12), atMs: u32(record, 0) * 1000 + Math.floor(u32(record, 4) / perMs), link };
  }
}
