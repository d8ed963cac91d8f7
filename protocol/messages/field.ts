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
