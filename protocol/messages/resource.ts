import { z } from 'zod';
import { Power, Ref } from '../../shared/model/resource.ts';
import { limits } from '../limits.ts';
import { cloudProblems } from './campaign.ts';
import { CampaignId, HowBuilt, Sha256 } from './field.ts';
import { notice, request } from './message.ts';

/** What was built: the destination's id, how it came to be, and what is worth telling beside. */
const BuiltOnWire = z.object({ id: z.string(), how: HowBuilt, detail: z.record(z.string(), z.string()).readonly().optional() });

/** Builds what a server that still runs at the source does not notice. */
export const prepare = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose:
    'Builds a port or a floating IP of a server that still runs at the source, as far as neither that server nor its clients notice; `resource.ensure` builds the rest after the stop.',
  repeatable:
    'Yes; what this campaign has built already is looked at and answered again, and mended where somebody removed it since.',
  params: z.object({ campaign: CampaignId, ref: Ref }),
  result: z.object({ built: BuiltOnWire.optional() }),
  problems: [
    'E_CAMPAIGN_STATE',
    'E_CONFLICT',
    'E_DANGLING',
    'E_NOT_FOUND',
    'E_QUOTA',
    'E_UNMAPPED',
    'E_UNSUPPORTED',
    ...cloudProblems,
  ],
});

/** Builds one resource. */
export const ensure = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose: 'Builds one resource of the document: a port, the image of a sealed disk, a server, a floating IP.',
  repeatable: 'Yes; what this campaign has built already is found and answered again, never built twice.',
  params: z.object({
    campaign: CampaignId,
    ref: Ref,
    power: Power.extract(['running', 'stopped']).optional(),
    properties: z.record(z.string().max(255), z.string()).readonly().optional(),
  }),
  result: BuiltOnWire,
  problems: [
    'E_BLOCK_MISMATCH',
    'E_CAMPAIGN_STATE',
    'E_CONFLICT',
    'E_DANGLING',
    'E_IMAGE_MISMATCH',
    'E_NOT_FOUND',
    'E_QUOTA',
    'E_ROOT_MISMATCH',
    'E_SERVER_FAULT',
    'E_SERVER_STATE',
    'E_UNMAPPED',
    'E_UNSUPPORTED',
    ...cloudProblems,
  ],
});

/** Removes one resource. */
export const remove = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose: 'Removes one resource that this campaign created at the destination; what it did not create is left alone.',
  repeatable:
    'Yes; `removed` is false where there was nothing of ours to remove. What the cloud was not asked for when the connection ends is not removed.',
  params: z.object({ campaign: CampaignId, ref: Ref }),
  result: z.object({ removed: z.boolean() }),
  problems: ['E_COMMITTED', 'E_CONFLICT', ...cloudProblems],
});

/** One attribute that is not as it was at the source. `severity`: whether a guest depends on it. */
const DifferenceOnWire = z.object({ attribute: z.string(), severity: z.enum(['serious', 'minor']), says: z.string() });

/** The names of attributes. */
const AttributeNames = z.array(z.string()).readonly();

/** Holds what was built against the document. */
export const compare = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose:
    'Has the receiver read resources at the destination anew, and hold every attribute against the document; nothing is written on the cloud.',
  repeatable: 'Yes; it reads only, and is answered afresh each time.',
  params: z.object({
    campaign: CampaignId,
    refs: z.array(Ref).min(1).max(limits.comparedRefs).readonly(),
    stopped: z.array(Ref).max(limits.comparedRefs).readonly().optional(),
    begins: z.boolean().optional(),
  }),
  result: z.object({
    compared: z
      .array(
        z.object({
          ref: Ref,
          id: z.string().nullable(),
          how: HowBuilt.nullable(),
          digest: Sha256.nullable(),
          equal: AttributeNames,
          mapped: AttributeNames,
          unread: AttributeNames,
          told: z.array(DifferenceOnWire).readonly(),
          different: z.array(DifferenceOnWire).readonly(),
          strangers: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
  }),
  problems: ['E_NOT_FOUND', 'E_CAMPAIGN_STATE', ...cloudProblems],
});

/** Tells the progress of `campaign.configure`. */
export const built = notice({
  from: 'receiver',
  since: 1,
  when: 'campaign',
  purpose: 'Tells that a resource of the document now stands at the destination, verified; the progress of campaign.configure.',
  repeatable: 'Yes; after a resumption everything that stands is told again.',
  params: z.object({ campaign: CampaignId, ref: Ref, id: z.string(), how: HowBuilt }),
});
