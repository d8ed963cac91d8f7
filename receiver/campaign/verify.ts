import type { BlockSource } from '../../shared/disk/block-source.ts';
import { sha256Of } from '../../shared/disk/whole-digest.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { ReceiverCampaign } from './campaign.ts';

/**
 * The state of a disk at the destination. `sha256`: of the whole sealed copy, null where
 * unreadable; `flaws`: sentences on everything that has changed.
 */
export interface Verified {
  readonly size: number;
  readonly sha256: string | null;
  /** The image made of it; null where there is none. */
  readonly image: string | null;
  readonly flaws: readonly string[];
}

/**
 * Reads a whole sealed copy again, and compares the cloud's image with it. Throws E_COMMITTED once
 * the copies are deleted, and what the cloud throws.
 */
export async function verifyDisk(
  campaign: ReceiverCampaign,
  server: string,
  disk: string,
  signal: AbortSignal,
): Promise<Verified> {
  const ref = refOf('disk', disk);
  campaign.mustAllow('disk.verify', ref);
  const entry = campaign.ledger.get(ref);
  const image = entry?.state === 'built' ? entry.id : null;
  const none = image === null ? [`No image was made of disk ${disk}.`] : [];
  let copy: BlockSource | null = null;
  try {
    copy = await campaign.disks.open(server, disk);
    const sha256 = await sha256Of(copy, signal);
    return { size: copy.size, sha256, image, flaws: [...none, ...(await imageFlaws(campaign, ref, image, copy))] };
  } catch (error) {
    if (!isAboutTheCopy(error)) throw error;
    return { size: copy?.size ?? 0, sha256: null, image, flaws: [...none, error.message] };
  } finally {
    await copy?.close();
  }
}

async function imageFlaws(campaign: ReceiverCampaign, ref: Ref, image: string | null, copy: BlockSource): Promise<string[]> {
  if (image === null) return [];
  const differences = await campaign.differencesOf(ref, image, copy);
  return differences.map((difference) => `Image ${image} is not as it was made: ${difference}`);
}

/** Whether a failure answers the question: the copy is not what was sealed. */
function isAboutTheCopy(error: unknown): error is Problem {
  return error instanceof Problem && ['E_ROOT_MISMATCH', 'E_BLOCK_MISMATCH'].includes(error.code);
}
