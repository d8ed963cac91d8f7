import type { BlockPart } from '../../../shared/disk/jobs/unpack.ts';
import { pieceBytes } from '../../../shared/model/disk.ts';

/**
 * A block that the copy lacks. `offset` and `length` in bytes. `parts`: its pieces that are in a
 * file here, and null for each that must be pulled.
 */
export interface MissingBlock {
  readonly block: number;
  readonly digest: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly parts?: readonly (BlockPart | null)[] | undefined;
  /** The other disk's block that gives all `parts`. */
  readonly donated?: { readonly path: string; readonly block: number } | undefined;
}

/** A missing block that must be pulled, at least in part. */
export interface BlockToPull {
  readonly missing: MissingBlock;
  readonly parts: readonly (BlockPart | null)[] | undefined;
}

/** Raw bytes that a block's pull brings. */
export function pulledBytes({ missing, parts }: BlockToPull): number {
  if (parts === undefined) return missing.length;
  return parts.reduce((sum, part, index) => sum + (part === null ? pieceLength(missing, index) : 0), 0);
}

/** Bytes of one piece of a block; the last may be short. */
export function pieceLength({ length }: MissingBlock, index: number): number {
  return Math.min(pieceBytes, length - index * pieceBytes);
}
