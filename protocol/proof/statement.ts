import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import { Ref } from '../../shared/model/resource.ts';
import { Bytes, CampaignId, HowBuilt, ProvenDisk, Sha256 } from '../messages/field.ts';

const format = z.literal('godwit/proof-statement');

const common = {
  format,
  version: z.literal(1),
  campaign: CampaignId,
  at: z.iso.datetime(),
  /** Of `configurations.json`, as the marker `configurationCompleted` has it. */
  document: Sha256.nullable(),
  /** Of the sender's `plan.yaml`, and of the waivers: the receiver signs what it was told. */
  plan: Sha256,
  waivers: Sha256,
  disks: z.array(ProvenDisk).readonly(),
};

/** What the receiver signs: the destination as it read it. */
export const ReceiverStatement = z.strictObject({
  ...common,
  side: z.literal('receiver'),
  resources: z
    .array(z.strictObject({ ref: Ref, id: z.string().nullable(), how: HowBuilt.nullable(), digest: Sha256.nullable() }))
    .readonly(),
});
export type ReceiverStatement = z.infer<typeof ReceiverStatement>;

/** One attribute that is not equal, in the sender's statement. */
const ProvenLine = z.strictObject({
  ref: Ref,
  name: z.string(),
  attribute: z.string(),
  is: z.enum(['told', 'changed', 'waived', 'different']),
  severity: z.enum(['serious', 'minor']).nullable(),
  says: z.string(),
  waiver: z.strictObject({ owner: z.string(), until: z.iso.date(), reason: z.string() }).optional(),
});

/** What the sender signs: the source as it was captured and as it read it, and what differs. */
export const SenderStatement = z.strictObject({
  ...common,
  side: z.literal('sender'),
  /** SHA-256 of the receiver's statement. */
  receiver: Sha256,
  resources: z.array(z.strictObject({ ref: Ref, captured: Sha256, now: Sha256.nullable() })).readonly(),
  lines: z.array(ProvenLine).readonly(),
  omitted: Bytes,
  worst: z.enum(['serious', 'minor']).nullable(),
  /** Disks that are not what they should be. */
  wrong_disks: Bytes,
});
export type SenderStatement = z.infer<typeof SenderStatement>;

/** The text of a statement that is signed: JSON in the form of RFC 8785. */
export function statementText(statement: SenderStatement | ReceiverStatement): string {
  return canonicalJson(statement);
}

/** SHA-256 of a text in UTF-8, in hex. */
export function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Things in the order of a name, by UTF-16 code units. */
export function inOrderOf<T>(things: readonly T[], nameOf: (thing: T) => string): T[] {
  return [...things].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
