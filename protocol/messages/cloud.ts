import { z } from 'zod';
import { DestinationFacts } from '../../shared/cloud/facts.ts';
import { cloudProblems } from './campaign.ts';
import { request } from './message.ts';

/** Asks what the destination offers. */
export const facts = request({
  from: 'sender',
  since: 1,
  when: 'ready',
  answered: 'soon',
  purpose: 'Asks what the destination cloud offers, so that a plan can be made.',
  repeatable: 'Yes; it reads only, and is answered afresh each time.',
  params: z.object({}),
  result: DestinationFacts,
  problems: cloudProblems,
});
