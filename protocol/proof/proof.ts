import { z } from 'zod';
import { canonicalJson } from '../../shared/model/canonical-json.ts';

/** A statement with its signature and the key that made it. */
const Half = z.strictObject({ key: z.string(), signature: z.string(), statement: z.string() });

/** A proof: what both daemons state of a campaign, each signed with its key. */
export const SignedProof = z.strictObject({
  format: z.literal('godwit/proof'),
  version: z.literal(1),
  receiver: Half,
  sender: Half,
  waivers: z.array(z.record(z.string(), z.string())).readonly(),
});
export type SignedProof = z.infer<typeof SignedProof>;

/** The text of a proof's file: canonical, so that no byte of it can change unseen. */
export function proofText(proof: SignedProof): string {
  return `${canonicalJson(proof)}\n`;
}
