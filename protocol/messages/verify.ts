import { z } from 'zod';
import { Id } from '../../shared/model/resource.ts';
import { cloudProblems } from './campaign.ts';
import { Bytes, CampaignId, Sha256 } from './field.ts';
import { request } from './message.ts';

/** Has a finished disk read again. */
export const verify = request({
  from: 'sender',
  since: 1,
  phase: 'campaign',
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
