import { z } from 'zod';

/** A campaign's id. */
export const CampaignId = z.uuid();

/** A count of bytes. */
export const Bytes = z.int().min(0);

/** A count of blocks, or a block's index in its disk. */
export const Blocks = z.int().min(0);

/** A SHA-256 digest, in lower-case hex. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

/** The receiver's name for one offered disk, valid on the connection that it was given on. */
export const Handle = z.int().min(1).max(0xffff_ffff);

/**
 * How a resource came to be there: made now, somebody else's and mapped to, or ours from an earlier
 * attempt.
 */
export const HowBuilt = z.enum(['created', 'adopted', 'found']);

/** The name of one connection's session: 128 random bits in lower-case hex. */
export const SessionId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits');

/** One stretch of a disk, in its own units: the first and how many, at most `most`. */
export function stretch(most: number) {
  return z.tuple([z.int().min(0), z.int().min(1).max(most)]).readonly();
}

/** Stretches of pieces or blocks: the first, and how many. */
export type Stretches = readonly (readonly [first: number, count: number])[];

/**
 * Stretches of a disk, in its own units: the first and how many, most often in rising order. `most`
 * bounds their sum.
 */
export function stretches(most: number) {
  return z
    .array(stretch(most))
    .min(1)
    .max(most)
    .refine((list) => list.reduce((sum, [, count]) => sum + count, 0) <= most, `must be ${most} at most`)
    .readonly();
}

/** A disk of the document. `sha256`: of all its bytes, null where nobody read them now. */
export const ProvenDisk = z.strictObject({ disk: z.string(), root: Sha256.nullable(), sha256: Sha256.nullable() });

/**
 * Digests of `bytes` bytes each, one behind the other, as base64 (RFC 4648, section 4, with
 * padding); at most `most`.
 */
export function digests(bytes: number, most: number) {
  return z
    .base64()
    .max(Math.ceil((bytes * most) / 3) * 4)
    .refine((text) => text.length > 0 && byteLength(text) % bytes === 0, `must be whole digests of ${bytes} bytes`);
}

function byteLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}
