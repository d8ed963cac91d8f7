import { Problem } from '../../../shared/problem.ts';
import { ByteStream } from './byte-stream.ts';
import type { Frame } from './frame.ts';
import { readPcap } from './pcap.ts';
import { readPcapng } from './pcapng.ts';

/**
 * Reads the frames of a pcap or pcapng file. Calls `onDamage` where the file is cut off or
 * contradicts itself; the frames before count. Throws E_TRAFFIC for any other file.
 */
export async function* readFrames(chunks: AsyncIterable<Buffer>, about: string, onDamage: () => void): AsyncGenerator<Frame> {
  const stream = new ByteStream(chunks);
  const start = await stream.take(4);
  const magic = start.length === 4 ? start.readUInt32BE(0) : 0;
  if (magic === 0x0a0d0d0a) yield* readPcapng(stream, onDamage);
  else if ([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1].includes(magic)) yield* readPcap(stream, magic, onDamage);
  else throw new Problem('E_TRAFFIC', `${about} is neither a pcap nor a pcapng file.`, { about });
}
