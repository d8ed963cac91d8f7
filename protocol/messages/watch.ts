import { z } from 'zod';
import { Probe } from '../../shared/model/probe.ts';
import { Id } from '../../shared/model/resource.ts';
import { CampaignId } from './field.ts';
import { request } from './message.ts';

/** Has a new server looked at from outside, from before it exists until it answers. */
export const watch = request({
  from: 'sender',
  since: 1,
  phase: 'campaign',
  answered: 'soon',
  purpose:
    'Has the receiver look at a new server from outside, five times a second at least, from before it exists until it answers its probe, and asks what was seen so far.',
  repeatable: 'Yes; the first one begins to look, every one tells what was seen.',
  params: z.object({ campaign: CampaignId, server: Id, probe: Probe }),
  result: z.object({ address: z.string().nullable(), ago_ms: z.number().min(0).nullable(), samples: z.int().min(0) }),
  problems: ['E_NOT_FOUND'],
});
