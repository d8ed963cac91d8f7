import type { ReceiverStatement } from '../../protocol/proof/statement.ts';
import type { Ref } from '../../shared/model/resource.ts';

/**
 * What was read of the destination since a comparison began, for a proof: at most one entry for
 * each resource of the document.
 */
export interface Readings {
  readonly resources: Map<Ref, ReceiverStatement['resources'][number]>;
  /** SHA-256 of whole disks, by their refs. */
  readonly disks: Map<Ref, string>;
}

/** Nothing was read. */
export function noReadings(): Readings {
  return { resources: new Map(), disks: new Map() };
}
