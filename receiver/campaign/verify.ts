import type { BlockSource } from '../../shared/disk/block-source.ts';
import { sha256Of } from '../../shared/disk/whole-digest.ts';
import { kindOf, type Ref, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { ReceiverCampaign } from './campaign.ts';

/**
 * The state of a disk at the destination. `sha256`: of the whole sealed copy, null where
 * unreadable; `flaws`: sentences on everything that has changed.
 */
export interface Verified {
  readonly size: number;
  readonly sha256: string | null;
  /** The image made of it; null where there is none, and for a disk that became a volume. */
  readonly image: string | null;
  readonly flaws: readonly string[];
}

/**
 * Reads a whole sealed copy again, and compares the cloud's image with it; a volume, whose bytes
 * its server changes, only by its attributes. Throws E_COMMITTED once the copies are deleted, and
 * what the cloud throws.
 */
export async function verifyDisk(
  campaign: ReceiverCampaign,
  server: string,
  disk: string,
  signal: AbortSignal,
): Promise<Verified> {
  campaign.mustAllow('disk.verify', refOf('disk', disk));
  const ref = campaign.registeredAs(disk);
  const entry = campaign.ledger.get(ref);
  const id = entry?.state === 'built' ? entry.id : null;
  const isVolume = kindOf(ref) === 'volume';
  const image = isVolume ? null : id;
  const none = id === null ? [`No ${isVolume ? 'volume' : 'image'} was made of disk ${disk}.`] : [];
  let copy: BlockSource | null = null;
  // A proof tells what was read now: an earlier digest is not what a copy has that cannot be read.
  campaign.readings.disks.delete(refOf('disk', disk));
  try {
    copy = await campaign.disks.open(server, disk);
    const sha256 = await sha256Of(copy, signal);
    campaign.readings.disks.set(refOf('disk', disk), sha256);
    return { size: copy.size, sha256, image, flaws: [...none, ...(await flawsOf(campaign, ref, id, copy))] };
  } catch (error) {
    if (!isAboutTheCopy(error)) throw error;
    return { size: copy?.size ?? 0, sha256: null, image, flaws: [...none, error.message] };
  } finally {
    await copy?.close();
  }
}

async function flawsOf(campaign: ReceiverCampaign, ref: Ref, id: string | null, copy: BlockSource): Promise<string[]> {
  if (id === null) return [];
  const isImage = kindOf(ref) !== 'volume';
  const differences = await campaign.reader.differencesOf(ref, id, isImage ? copy : undefined);
  return differences.map((difference) => `${isImage ? 'Image' : 'Volume'} ${id} is not as it was made: ${difference}`);
}

/** Whether a failure answers the question: the copy is not what was sealed. */
function isAboutTheCopy(error: unknown): error is Problem {
  return error instanceof Problem && ['E_ROOT_MISMATCH', 'E_BLOCK_MISMATCH'].includes(error.code);
}
