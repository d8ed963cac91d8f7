import { z } from 'zod';
import { Id } from '../../shared/model/resource.ts';
import { limits } from '../limits.ts';
import { notice, pull as pullMessage, request } from '../message.ts';
import { Blocks, Bytes, CampaignId, Handle, Sha256 } from './field.ts';

/** Offers a disk. */
export const offer = request({
  from: 'sender',
  since: 1,
  phase: 'campaign',
  answered: 'soon',
  purpose: 'Offers the frozen disk of a stopped server for pulling, and fixes how it is cut into blocks.',
  repeatable: 'Yes; what an earlier offer left in the copy is kept, and another size or block size starts the copy anew.',
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
    algorithm: z.literal('sha256'),
  }),
  result: z.object({ handle: Handle }),
  problems: ['E_NOT_FOUND', 'E_CAMPAIGN_STATE', 'E_DISK_FULL'],
});

/** Names the blocks of a stretch of the disk. */
export const page = request({
  from: 'sender',
  since: 1,
  phase: 'campaign',
  answered: 'when-done',
  purpose:
    'Names the blocks of one stretch of the disk by digest, null for a block of zeros; answered once every one of them is in the copy.',
  repeatable: 'Yes; blocks that are in the copy are not pulled again.',
  params: z.object({
    handle: Handle,
    first: Blocks,
    digests: z.array(Sha256.nullable()).min(1).max(limits.pageDigests).readonly(),
  }),
  result: z.object({ lacking: Blocks }),
  problems: ['E_NOT_FOUND', 'E_BLOCK_MISMATCH', 'E_DISK_FULL'],
});

/** Asks for one block. The answer is a binary frame. */
export const pull = pullMessage({
  from: 'receiver',
  since: 1,
  phase: 'campaign',
  answered: 'soon',
  purpose: 'Asks for one block of an offered disk; the answer is a binary frame.',
  repeatable: 'Yes; the disk is frozen, and the same block is answered.',
  params: z.object({ handle: Handle, block: Blocks }),
  problems: ['E_NOT_FOUND', 'E_CLOUD', 'E_CLOUD_UNREACHABLE'],
});

/** Tells how much of a copy would survive a power cut. */
export const durable = notice({
  from: 'receiver',
  since: 1,
  phase: 'campaign',
  purpose: 'Tells how much of the copy would survive a power cut now.',
  repeatable: 'Yes; the last one counts.',
  params: z.object({ handle: Handle, blocks: Blocks, bytes: Bytes }),
});

/** Closes a copy. */
export const seal = request({
  from: 'sender',
  since: 1,
  phase: 'campaign',
  answered: 'when-done',
  purpose: "Closes the copy: the receiver reads it again from its own disk, compares the root and writes the disk's marker.",
  repeatable: 'Yes; a sealed disk is answered from its marker.',
  params: z.object({ handle: Handle, root: Sha256 }),
  result: z.object({
    root: Sha256,
    blocks: Blocks,
    zero: Blocks,
    pulled: Blocks,
    reused: Blocks,
    bytes_pulled: Bytes,
  }),
  problems: ['E_NOT_FOUND', 'E_ROOT_MISMATCH', 'E_CAMPAIGN_STATE', 'E_DISK_FULL'],
});

/** Gives a copy up. */
export const discard = request({
  from: 'sender',
  since: 1,
  phase: 'campaign',
  answered: 'soon',
  purpose: 'Gives up the copy of a disk, sealed or not, with its marker; its handles are void.',
  repeatable: 'Yes; a copy that is not there is as good as discarded.',
  params: z.object({ campaign: CampaignId, server: Id, disk: Id }),
  result: z.object({}),
  problems: ['E_COMMITTED'],
});
