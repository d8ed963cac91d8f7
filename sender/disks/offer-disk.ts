import type { Snapshot, SourceCloud } from '../../shared/cloud/source-cloud.ts';
import type { ResourceOf } from '../../shared/model/resource.ts';

/** A disk as the receiver sealed it. Counts are blocks. */
export interface SealedDisk {
  readonly size: number;
  readonly root: string;
  readonly blocks: number;
  readonly zero: number;
  readonly pulled: number;
  readonly reused: number;
  /** Taken from another disk that the receiver had. */
  readonly copied: number;
  /** Pulled again, because they did not keep what was written. */
  readonly mended: number;
  /** Bytes of the disk that were pulled, and what they were on the wire. */
  readonly bytes_pulled: number;
  readonly bytes_wire: number;
  readonly block_size: number;
  /** Milliseconds to make the copy equal to the snapshot, once that is readable here. */
  readonly transfer_ms: number;
}

/**
 * Hears how far a disk is: bytes of the disk compared or copied, and bytes that crossed the wire.
 */
export type OnDisk = (disk: string, sizeBytes: number, doneBytes: number, sentBytes: number) => void;

/** What an offer needs of the campaign that it belongs to. */
export interface OfferTools {
  readonly campaign: string;
  readonly source: Pick<SourceCloud, 'open'>;
  /** The campaign's folder. */
  readonly folder: string;
  readonly onDisk: OnDisk;
  readonly signal: AbortSignal;
}

/** Whose disk is offered. */
interface DiskOwner {
  readonly server: { readonly id: string };
}

/** Offers one disk's blocks and returns what it was sealed with. */
export type OfferDisk = (
  owner: DiskOwner,
  disk: ResourceOf<'disk'>,
  snapshot: Snapshot,
  tools: OfferTools,
) => Promise<SealedDisk>;
