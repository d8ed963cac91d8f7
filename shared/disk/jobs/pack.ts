import { giveBack } from '../give-back.ts';
import { type DiskPart, gather } from '../reading.ts';
import { type Codec, canComeAfter, compress } from '../zstd.ts';

/**
 * What is packed: stretches of a disk, one after the other, at a level of zstd; level 0 leaves them
 * as they are. `after`: bytes that the other side has before it unpacks them.
 */
export interface PackJob {
  readonly parts: readonly DiskPart[];
  readonly level: number;
  readonly after?: Uint8Array | undefined;
}

/** Bytes ready for the wire: never more than the raw ones. */
export interface PackResult {
  readonly codec: Codec;
  readonly rawBytes: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Milliseconds that this thread worked on it. */
  readonly workMs: number;
}

/** Packs stretches into one payload, compressed where that pays. */
export function pack({ parts, level, after }: PackJob): PackResult {
  const begun = performance.now();
  const raw = gather(parts);
  const before = after !== undefined && canComeAfter(after) ? after : undefined;
  const small = level === 0 ? null : compress(raw, level, before);
  // A buffer of its own, of its own length: it is moved to the other thread, not copied.
  const payload = Buffer.allocUnsafeSlow((small ?? raw).length);
  payload.set(small ?? raw);
  if (small !== null) giveBack(small);
  const codec = small === null ? 'none' : before === undefined ? 'zstd' : 'zstd-after';
  return { codec, rawBytes: raw.length, payload, workMs: performance.now() - begun };
}
