import { z } from 'zod';
import { Id } from '../../shared/model/resource.ts';
import { limits } from '../limits.ts';
import { cloudProblems } from './campaign.ts';
import { Blocks, Bytes, CampaignId, digests, Handle, Sha256, stretch, stretches } from './field.ts';
import { pull as pullMessage, request } from './message.ts';

/** Most pieces of one pull or one refinement. */
const mostPieces = limits.frameBytes / limits.pieceBytes;

/** Most pieces that an answer may refer back to. */
const mostAfter = limits.afterBytes / limits.pieceBytes;

/** Offers a disk. */
export const offer = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'soon',
  purpose: 'Offers the frozen disk of a stopped server for pulling, and fixes how it is cut into blocks.',
  repeatable:
    'Yes; what an earlier offer left in the copy is kept and compared; another size, block size or algorithm only makes it know less. A disk that is being made an image, or is one, is refused with E_CAMPAIGN_STATE until the image is removed.',
  params: z.object({
    campaign: CampaignId,
    server: Id,
    disk: Id,
    size: Bytes,
    block_size: z
      .int()
      .min(limits.smallestBlockBytes)
      .max(limits.blockBytes)
      .refine((bytes) => Number.isInteger(Math.log2(bytes)), 'must be a power of two'),
    algorithm: z.enum(['blake3', 'sha256']),
    data: Bytes.optional(),
  }),
  result: z.object({ handle: Handle }),
  problems: ['E_NOT_FOUND', 'E_CAMPAIGN_STATE', 'E_DISK_FULL', 'E_TOO_LARGE'],
});

/** Names the blocks of a stretch of the disk. */
export const page = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose: 'Names the blocks of one stretch of the disk by digest; answered once every one of them is in the copy.',
  repeatable:
    'Yes; blocks that are in the copy are not pulled again. From `disk.seal` on it is refused with E_CAMPAIGN_STATE until the disk is offered again.',
  params: z.object({ handle: Handle, first: Blocks, digests: digests(32, limits.pageDigests) }),
  result: z.object({ missing: Blocks }),
  problems: ['E_NOT_FOUND', 'E_BLOCK_MISMATCH', 'E_DISK_FULL'],
});

/** Names a stretch of zeros. */
export const hole = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose: 'Says that one stretch of the disk is zeros, however long it is; answered once it is zeros in the copy.',
  repeatable: 'Yes; a hole stays one. From `disk.seal` on it is refused as a page is.',
  params: z.object({ handle: Handle, first: Blocks, blocks: Blocks.min(1) }),
  result: z.object({}),
  problems: ['E_NOT_FOUND', 'E_DISK_FULL'],
});

/** Asks what blocks are made of. */
export const refine = request({
  from: 'receiver',
  since: 1,
  when: 'campaign',
  answered: 'soon',
  purpose:
    'Asks for the digests of the pieces of some blocks, so that only the pieces that are nowhere at the receiver are pulled.',
  repeatable: 'Yes; the disk is frozen, and the same pieces are answered.',
  params: z.object({ handle: Handle, blocks: stretches(mostPieces) }),
  result: z.object({ pieces: digests(8, mostPieces) }),
  problems: ['E_NOT_FOUND', 'E_CLOUD', 'E_CLOUD_UNREACHABLE'],
});

/** Asks for pieces. The answer is a binary frame. */
export const pull = pullMessage({
  from: 'receiver',
  since: 1,
  when: 'campaign',
  answered: 'soon',
  purpose:
    'Asks for pieces of an offered disk; the answer is one binary frame with all of them, in the order they are asked for.',
  repeatable: 'Yes; the disk is frozen, and the same pieces are answered.',
  params: z.object({ handle: Handle, pieces: stretches(mostPieces), after: stretch(mostAfter).optional() }),
  problems: ['E_NOT_FOUND', 'E_CLOUD', 'E_CLOUD_UNREACHABLE'],
});

/** Raw bytes that a pull asks for; those of a disk's last piece may be fewer. */
export function bytesPulled({ pieces }: { readonly pieces: readonly (readonly [first: number, count: number])[] }): number {
  return pieces.reduce((sum, [, count]) => sum + count * limits.pieceBytes, 0);
}

/** Closes a copy. */
export const seal = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose: "Closes the copy: the receiver reads it again from its own disk, compares the root and writes the disk's marker.",
  repeatable: 'Yes; a sealed disk is answered from its marker.',
  params: z.object({ handle: Handle, root: Sha256 }),
  result: z.object({
    root: Sha256,
    blocks: Blocks,
    zero: Blocks,
    reused: Blocks,
    copied: Blocks,
    pulled: Blocks,
    mended: Blocks,
    bytes_pulled: Bytes,
    bytes_wire: Bytes,
  }),
  problems: ['E_NOT_FOUND', 'E_ROOT_MISMATCH', 'E_CAMPAIGN_STATE', 'E_DISK_FULL'],
});

/** Has a finished disk read again. */
export const verify = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose:
    'Has the receiver read its sealed copy of a disk again, as a whole, and compare it with what the cloud says it stores.',
  repeatable: 'Yes; it reads only.',
  params: z.object({ campaign: CampaignId, server: Id, disk: Id }),
  result: z.object({
    size: Bytes,
    sha256: Sha256.nullable(),
    image: z.string().nullable(),
    flaws: z.array(z.string()).readonly(),
  }),
  problems: ['E_NOT_FOUND', 'E_COMMITTED', ...cloudProblems],
});
