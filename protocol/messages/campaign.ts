import { z } from 'zod';
import { Concern, Decision } from '../../shared/model/concern.ts';
import { parseConfigurations } from '../../shared/model/configurations.ts';
import { Ref } from '../../shared/model/resource.ts';
import { Totals } from '../../shared/model/totals.ts';
import { limits } from '../limits.ts';
import { Bytes, CampaignId, ProvenDisk, SessionId, Sha256 } from './field.ts';
import { request } from './message.ts';

/**
 * `configurations.json`, read as strictly as from a file: its problems are E_DOCUMENT and its kin,
 * not E_MALFORMED.
 */
const Document = z.unknown().transform((value) => parseConfigurations(value));

/** What a failing destination cloud may answer to any message that makes the receiver ask it. */
export const cloudProblems = [
  'E_AUTH',
  'E_FORBIDDEN',
  'E_CLOUD',
  'E_CLOUD_UNREACHABLE',
  'E_CLOUD_TIMEOUT',
  'E_CLOUD_TLS',
  'E_CLOUD_REDIRECT',
  'E_ENDPOINT_MISSING',
  'E_CLOUD_REFUSED',
  'E_MICROVERSION',
  'E_CANCELLED',
] as const;

/** How many parts of the document came before. */
const Parts = z.int().min(1).max(limits.documentParts).optional();

const documentProblems = ['E_DOCUMENT', 'E_DOCUMENT_VERSION', 'E_DUPLICATE', 'E_DANGLING', 'E_CYCLE'] as const;

/** What an earlier campaign of the sender built for a resource, and still stands. */
const EarlierOnWire = z.object({ ref: Ref, id: z.string(), campaign: CampaignId, address: z.string().optional() });

/** Asks what would stand in the way. */
export const preflight = request({
  from: 'sender',
  since: 1,
  when: 'ready',
  answered: 'when-done',
  purpose:
    'Asks what would stand in the way of a campaign, and what would become of each resource; nothing is written on the cloud.',
  repeatable: 'Yes; it reads only, and is answered afresh each time.',
  params: z.object({ campaign: CampaignId, configurations: Document, parts: Parts }),
  result: z.object({
    concerns: z.array(Concern).readonly(),
    decisions: z.array(Decision).readonly(),
    earlier: z.array(EarlierOnWire).readonly().optional(),
  }),
  problems: [...documentProblems, ...cloudProblems],
});

/** Binds the session to one campaign. */
export const open = request({
  from: 'sender',
  since: 1,
  when: 'ready',
  answered: 'soon',
  opens: true,
  binds: 'campaign',
  purpose:
    'Binds the connection to one campaign, new or known, tells how far the receiver has got with it, and names the session for further lanes.',
  repeatable: 'Yes, with the same campaign; another one is refused with E_OTHER_CAMPAIGN and needs its own connection.',
  params: z.object({ campaign: CampaignId }),
  result: z.object({
    known: z.boolean(),
    state: z.enum(['new', 'configured', 'completed', 'committed', 'removed']),
    session: SessionId,
  }),
  problems: ['E_OTHER_CAMPAIGN', 'E_NOT_FOUND', 'E_STATE_DAMAGED', 'E_DISK_FULL'],
});

/** Hands over the document and has the network side built. */
export const configure = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose:
    'Hands over configurations.json; the receiver stores it, builds the network side in order, verifies it and writes the marker `configurationCompleted`.',
  repeatable: 'Yes, with the same document: what exists is found again. Another document is refused with E_CAMPAIGN_STATE.',
  params: z.object({ campaign: CampaignId, configurations: Document, parts: Parts }),
  result: z.object({
    marker: z.object({ counts: z.record(z.string(), z.int()), digest: Sha256, adopted: z.int().min(0).optional() }),
    details: z.record(z.string(), z.record(z.string(), z.string())).readonly().optional(),
  }),
  problems: [
    ...documentProblems,
    ...cloudProblems,
    'E_BLOCKED',
    'E_CAMPAIGN_STATE',
    'E_CONFLICT',
    'E_DISK_FULL',
    'E_QUOTA',
    'E_UNMAPPED',
    'E_UNSUPPORTED',
  ],
});

/** Says that every server has moved. */
export const completed = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose:
    'Says that every server has moved, with totals that the receiver checks against its own books; it removes what the cloud made twice after a lost answer, and writes the marker `completed`.',
  repeatable: 'Yes; the totals are checked again, and the campaign stays as far as it has got.',
  params: z.object({ campaign: CampaignId, totals: Totals }),
  result: z.object({ agreed: z.literal(true) }),
  problems: ['E_TOTALS_DISAGREE', 'E_CAMPAIGN_STATE', 'E_CONFLICT', 'E_DISK_FULL', ...cloudProblems],
});

/** Signs what was read. */
export const prove = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'soon',
  purpose:
    "Has the receiver sign, with its pairing key, what it read of the destination since a comparison began; the sender's half of the proof names it.",
  repeatable: 'Yes; what was read is signed again, at another time.',
  params: z.object({ campaign: CampaignId, plan: Sha256, waivers: Sha256 }),
  result: z.object({
    signed_at: z.iso.datetime(),
    document: Sha256.nullable(),
    disks: z.array(ProvenDisk).readonly(),
    statement: Sha256,
    key: z.string(),
    signature: z.base64(),
  }),
  problems: ['E_NOT_FOUND', 'E_CAMPAIGN_STATE', 'E_STATE_DAMAGED'],
});

/** What a commit leaves that is no part of the tenant: images of servers, and our stamps. */
const LeftAtCommit = z.object({
  images: z.array(z.object({ ref: Ref, id: z.string(), why: z.string() })).readonly(),
  stamped: z.array(z.object({ ref: Ref, why: z.string() })).readonly(),
});

/** Ends the way back. */
export const commit = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose:
    'Ends the way back: the receiver frees the disks it kept for this campaign, takes its stamps from what it built, and removes none of it but, where that is wanted, the images of the servers.',
  repeatable: 'Yes; it goes on with what is left, and tells that again.',
  params: z.object({ campaign: CampaignId, images: z.enum(['keep', 'remove']).optional() }),
  result: z.object({ freed_bytes: Bytes, left: LeftAtCommit.optional() }),
  problems: ['E_CAMPAIGN_STATE', 'E_DISK_FULL', ...cloudProblems],
});

/** Rolls back. */
export const remove = request({
  from: 'sender',
  since: 1,
  when: 'campaign',
  answered: 'when-done',
  purpose: 'Removes everything that this campaign created at the destination, in the reverse order, and nothing else.',
  repeatable: 'Yes; what is gone stays gone and is not listed again.',
  params: z.object({ campaign: CampaignId }),
  result: z.object({
    removed: z.array(Ref).readonly(),
    kept: z.array(z.object({ ref: Ref, why: z.string() })).readonly(),
  }),
  problems: ['E_COMMITTED', ...cloudProblems],
});
