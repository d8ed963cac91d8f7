import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { pageBytes } from '../model/disk.ts';
import { Problem } from '../problem.ts';
import { giveBack } from './give-back.ts';

/**
 * How the payload of a data frame is written: as it is, as one zstd frame (RFC 8878), or as one
 * that refers back to bytes that both sides have.
 */
export type Codec = 'none' | 'zstd' | 'zstd-after';

/**
 * A frame that saves less than this part of its raw bytes goes raw: the other side is spared the
 * work.
 */
const worthwhile = 1 / 32;

/**
 * log2 of the longest distance a match may span: a whole frame. A decoder refuses more, so that no
 * header makes it allocate.
 */
const windowLog = Math.log2(pageBytes);

/**
 * How a prepared dictionary of zstd begins (RFC 8878, section 5), in the order of its bytes: ours
 * are plain bytes, and must not be taken for one.
 */
const prepared = Buffer.from([0x37, 0xa4, 0x30, 0xec]);

/**
 * Whether a frame can refer back to bytes: not where zstd would take them for a dictionary that
 * somebody prepared, which a guest may well have on its disk.
 */
export function canComeAfter(bytes: Uint8Array): boolean {
  return !prepared.equals(bytes.subarray(0, prepared.length));
}

/**
 * Compresses bytes at a level of zstd, in a buffer of its own; null where it does not pay. `after`:
 * bytes that it may refer back to, for which `canComeAfter`. Blocks until it is done.
 */
export function compress(bytes: Uint8Array, level: number, after?: Uint8Array): Buffer | null {
  const packed = zstdCompressSync(bytes, {
    ...(after === undefined ? {} : { dictionary: after }),
    // One chunk for all that may come out, which is hardly longer than what goes in: a second would
    // be another 4 MiB.
    chunkSize: bytes.length + (bytes.length >> 8) + constants.Z_MIN_CHUNK,
    pledgedSrcSize: bytes.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });
  if (packed.length <= bytes.length * (1 - worthwhile)) return packed;
  giveBack(packed);
  return null;
}

/**
 * The raw bytes of one zstd frame, which may refer back to `after`. Memory is bounded by
 * `rawBytes`, whatever the frame says. Throws E_MALFORMED.
 */
export function decompress(packed: Uint8Array, rawBytes: number, after?: Uint8Array): Buffer {
  try {
    return zstdDecompressSync(packed, {
      ...(after === undefined ? {} : { dictionary: after }),
      // One byte more than is allowed: without it, a payload that fits exactly costs a second
      // chunk.
      chunkSize: Math.max(rawBytes + 1, constants.Z_MIN_CHUNK),
      maxOutputLength: Math.max(rawBytes, 1),
      params: { [constants.ZSTD_d_windowLogMax]: windowLog },
    });
  } catch (cause) {
    throw new Problem('E_MALFORMED', `A frame cannot be decompressed: ${(cause as Error).message}.`, { cause });
  }
}
