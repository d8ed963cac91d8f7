import { type Algorithm, digestBytes } from '../../model/disk.ts';
import { blockDigest } from '../block-digest.ts';
import { type OpenFile, readFully, scratch } from '../reading.ts';

/**
 * What is digested: `length` bytes from `offset` of a file, read into `buffer` where one is given;
 * without a file, the first `length` bytes of the buffer.
 */
export interface DigestJob {
  readonly file?: OpenFile | undefined;
  readonly buffer?: SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
  readonly blockSize: number;
  readonly algorithm: Algorithm;
}

/**
 * Reads and digests the blocks of a stretch: 32 bytes each, zeros for a block of zeros; the last
 * may be short. Throws E_DISK_CHANGED where the file ends before.
 */
export function digest({ file, buffer, offset, length, blockSize, algorithm }: DigestJob): Uint8Array {
  const bytes = buffer === undefined ? scratch(length) : Buffer.from(buffer, 0, length);
  if (file !== undefined) readFully(file, bytes, offset);
  const digests = new Uint8Array(Math.ceil(length / blockSize) * digestBytes);
  for (let at = 0, place = 0; at < length; at += blockSize, place += digestBytes)
    digests.set(blockDigest(algorithm, bytes.subarray(at, at + blockSize)), place);
  return digests;
}
