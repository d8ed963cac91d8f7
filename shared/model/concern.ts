import { z } from 'zod';
import { Ref } from './resource.ts';

/** One thing that stands, or may stand, in the way of a campaign; found before any write. */
export const Concern = z.object({
  /** Stable name of the rule that found it, e.g. `flavor.missing`. */
  code: z.string(),
  /** A blocking concern stops the campaign before its first write; a warning is for the operator to judge. */
  severity: z.enum(['blocking', 'warning']),
  about: Ref.optional(),
  says: z.string(),
  remedy: z.string(),
});
export type Concern = z.infer<typeof Concern>;

/** What would happen to one resource at the destination. */
export const Decision = z.object({
  ref: Ref,
  action: z.enum(['create', 'adopt', 'skip']),
  /** The destination's id of what is adopted. */
  id: z.string().optional(),
  why: z.string(),
});
export type Decision = z.infer<typeof Decision>;
