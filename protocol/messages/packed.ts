import type { Codec } from '../../shared/disk/zstd.ts';

/**
 * The answer to a pull: the pieces in the order they were asked for, one behind the other, packed
 * by `codec`. `rawBytes` is their unpacked length; the payload is never longer.
 */
export interface PackedPieces {
  readonly codec: Codec;
  readonly rawBytes: number;
  readonly payload: Uint8Array;
}

/**
 * The same where it has arrived: `payload` as the parts it came in, each in memory of its own,
 * which nobody has put together yet.
 */
export interface ArrivedPieces extends Omit<PackedPieces, 'payload'> {
  readonly payload: readonly Uint8Array[];
}
