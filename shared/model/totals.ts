import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * What a campaign moved, as the sender counts it; the receiver checks it against its own books.
 * Bytes are of the disks as the guest sees them.
 */
export const Totals = z.object({
  servers: z.int(),
  disks: z.int(),
  disk_bytes: z.int(),
  /** Resources the receiver said it created, adopted or found, by kind. */
  resources: z.record(z.string(), z.int()),
  /** See `digestOfRoots`. */
  roots: z.string(),
});
export type Totals = z.infer<typeof Totals>;

/**
 * SHA-256, hex, over the sorted lines `<disk id> <root>` of all disks: both daemons compute it,
 * each from its own books.
 */
export function digestOfRoots(disks: readonly (readonly [disk: string, root: string])[]): string {
  const lines = disks.map(([disk, root]) => `${disk} ${root}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
