import type { Codec } from '../../shared/disk/zstd.ts';

/**
 * What answers a pull: the pieces that were asked for, in the order they were asked for, one behind the other, written by `codec`.
 * `rawBytes` is their length before that; the payload is never longer.
 */
export interface Packed {
  readonly codec: Codec;
  readonly rawBytes: number;
  readonly payload: Uint8Array;
}

/** The same where it has arrived: `payload` as the parts it came in, each in memory of its own, which nobody has put together yet. */
export interface Arrived extends Omit<Packed, 'payload'> {
  readonly payload: readonly Uint8Array[];
}
