import { type FileHandle, open } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';

/** What a reader needs of a qcow2 header; see QEMU, docs/interop/qcow2. */
interface Header {
  readonly clusterBits: number;
  /** Bytes that a guest sees. */
  readonly size: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
}

const offsetMask = 0x00ff_ffff_ffff_fe00n;
const compressedFlag = 1n << 62n;
/** The last bit of an L2 entry: the cluster reads as zeros, whatever lies there. */
const zeroFlag = 1n;

/**
 * Writes what a guest sees of a qcow2 file to a raw one, zeros left out, at least `minimumBytes`
 * long. Throws for one that needs other files or a key.
 */
export async function copyQcow2(from: string, to: string, minimumBytes: number, signal: AbortSignal): Promise<void> {
  const source = await open(from, 'r');
  const target = await open(to, 'w');
  try {
    const header = readHeader(await bytesAt(source, 0, 104));
    const clusterBytes = 2 ** header.clusterBits;
    const l1 = await bytesAt(source, header.l1Offset, header.l1Entries * 8);
    for (let table = 0; table < header.l1Entries; table++) {
      signal.throwIfAborted();
      const l2Offset = Number(l1.readBigUInt64BE(table * 8) & offsetMask);
      if (l2Offset === 0) continue;
      const l2 = await bytesAt(source, l2Offset, clusterBytes);
      for (let entry = 0; entry < clusterBytes / 8; entry++) {
        const bytes = await clusterOf(source, header, l2.readBigUInt64BE(entry * 8));
        const offset = (table * (clusterBytes / 8) + entry) * clusterBytes;
        const length = Math.min(clusterBytes, header.size - offset);
        if (bytes !== null && length > 0) await target.write(bytes, 0, length, offset);
      }
    }
    await target.truncate(Math.max(header.size, minimumBytes));
  } finally {
    await source.close();
    await target.close();
  }
}

function readHeader(bytes: Buffer): Header {
  if (bytes.toString('latin1', 0, 4) !== 'QFI\xfb') throw new Error('Image is not in qcow2 format');
  const version = bytes.readUInt32BE(4);
  const backing = bytes.readBigUInt64BE(8);
  const encryption = bytes.readUInt32BE(32);
  // Dirty and corrupt are no hindrance to a reader; whatever else is incompatible is.
  const incompatible = version >= 3 ? bytes.readBigUInt64BE(72) & ~3n : 0n;
  if (backing !== 0n || encryption !== 0 || incompatible !== 0n)
    throw new Error('Image uses features of qcow2 that are not allowed');
  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw new Error('Image has impossible clusters');
  return {
    clusterBits,
    size: Number(bytes.readBigUInt64BE(24)),
    l1Entries: bytes.readUInt32BE(36),
    l1Offset: Number(bytes.readBigUInt64BE(40)),
  };
}

/** The bytes of a cluster; null where it reads as zeros. */
async function clusterOf(file: FileHandle, { clusterBits }: Header, entry: bigint): Promise<Buffer | null> {
  const clusterBytes = 2 ** clusterBits;
  if ((entry & compressedFlag) === 0n) {
    const offset = Number(entry & offsetMask);
    return offset === 0 || (entry & zeroFlag) !== 0n ? null : bytesAt(file, offset, clusterBytes);
  }
  // The number of further sectors of 512 bytes stands above the offset; where the border is depends
  // on the size of a cluster.
  const offsetBits = BigInt(62 - (clusterBits - 8));
  const offset = Number(entry & ((1n << offsetBits) - 1n));
  const sectors = Number((entry & (compressedFlag - 1n)) >> offsetBits) + 1;
  const packed = await bytesAt(file, offset, sectors * 512 - (offset % 512));
  return inflateRawSync(packed, { maxOutputLength: clusterBytes, finishFlush: 2 });
}

/**
 * Bytes of a file; what lies beyond its end reads as zeros, as the last cluster of a short file
 * does.
 */
async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes;
}
