/**
 * A run of bytes of a disk of one kind. `zero`: it reads as zeros, so that it need not be read;
 * what is not marked may hold anything.
 */
export interface Extent {
  /** Bytes. */
  readonly offset: number;
  /** Bytes, more than none. */
  readonly length: number;
  readonly zero: boolean;
}

/**
 * Where the same frozen bytes can be opened once more, by any thread: a raw file, or an export of
 * an NBD server on a Unix socket. The paths are for this process alone.
 */
export type Origin =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'nbd'; readonly socket: string; readonly exportName: string };

/** A frozen, readable disk, as the guest sees it. */
export interface BlockSource {
  /** Bytes. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes at `offset`; both lie inside the disk. Given a buffer of at least
   * that length, it is filled and a view of it returned.
   */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>;
  /**
   * Tells what need not be read: extents that cover the disk from its beginning to its end, in
   * order. Absent: the whole disk is read.
   */
  extents?(signal: AbortSignal): AsyncIterable<Extent>;
  /**
   * Where the bytes can be opened once more for as long as this source is open. Absent: they are
   * read here.
   */
  readonly origin?: Origin;
  /** Gives back what reading took; `origin` ends with it. */
  close(): Promise<void>;
}
