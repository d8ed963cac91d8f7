import { z } from 'zod';
import { Probe } from '../../shared/model/probe.ts';
import { Id } from '../../shared/model/resource.ts';
import { cloudProblems } from './campaign.ts';
import { Bytes, CampaignId, Sha256 } from './field.ts';
import { request } from './message.ts';

/**
 * What one server's move took, as the sender saw it. `phases` are milliseconds by their names;
 * `downtime_ms` runs from stop to healthy.
 */
const ServerSummary = z.object({
  phases: z.record(z.string(), z.number()),
  downtime_ms: z.number().nullable(),
  disks: z
    .array(z.object({ disk: Id, size: Bytes, root: Sha256, bytes_zero: Bytes, bytes_reused: Bytes, bytes_pulled: Bytes }))
    .readonly(),
});

/** Asks whether a new server works. */
export const health = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'soon',
  purpose:
    'Asks once whether the new server works: it runs, and passes its probe where one is given. The sender asks again while it may still come.',
  repeatable: 'Yes; it reads only.',
  params: z.object({ campaign: CampaignId, server: Id, probe: Probe.optional() }),
  result: z.object({ healthy: z.boolean(), says: z.string(), lost: z.boolean().optional() }),
  problems: ['E_NOT_FOUND', 'E_SERVER_FAULT', ...cloudProblems],
});

/** Has a new server looked at from outside, from before it exists until it answers. */
export const watch = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'soon',
  purpose:
    'Has the receiver look at a new server from outside, five times a second at least, from before it exists until it answers its probe, and asks what was seen so far.',
  repeatable: 'Yes; the first one begins to look, every one tells what was seen.',
  params: z.object({ campaign: CampaignId, server: Id, probe: Probe }),
  result: z.object({ address: z.string().nullable(), ago_ms: z.number().nullable(), samples: z.int().min(0) }),
  problems: ['E_NOT_FOUND'],
});

/** Says that a server has moved. */
export const completed = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'soon',
  purpose: 'Says that a server has moved and works; the receiver writes the marker `<server>.completed`.',
  repeatable: 'Yes; the marker has the latest summary, until every server has moved.',
  params: z.object({ campaign: CampaignId, server: Id, summary: ServerSummary }),
  result: z.object({}),
  problems: ['E_NOT_FOUND', 'E_CAMPAIGN_STATE', 'E_DISK_FULL'],
});
