import { z } from 'zod';
import { parsePart } from '../../shared/model/configurations.ts';
import { limits } from '../limits.ts';
import { CampaignId } from './field.ts';
import { request } from './message.ts';

/** Hands over some resources of a long document. */
export const part = request({
  from: 'sender',
  since: 1,
  when: 'ready',
  answered: 'soon',
  purpose:
    'Hands over some resources of a document that is too long for one message, before the message that names how many parts there are.',
  repeatable: 'Yes; the same part again replaces it.',
  params: z.object({
    campaign: CampaignId,
    part: z
      .int()
      .min(0)
      .max(limits.documentParts - 1),
    resources: z.unknown().transform((value) => parsePart(value)),
  }),
  result: z.object({}),
  problems: ['E_DOCUMENT', 'E_BUSY'],
});
