import { z } from 'zod';
import { Problem } from '../problem.ts';
import { Ref } from './resource.ts';

/** One thing that stands, or may stand, in the way of a campaign; found before any write. */
export const Concern = z.object({
  /** Stable name of the rule that found it, e.g. `flavor.missing`. */
  code: z.string(),
  /**
   * A blocking concern stops the campaign before its first write; a warning is for the operator to
   * judge.
   */
  severity: z.enum(['blocking', 'warning']),
  about: Ref.optional(),
  says: z.string(),
  remedy: z.string(),
  /** What of it a plan must name to accept it, one by one: the MACs of interfaces, for instance. */
  each: z.array(z.string()).readonly().optional(),
});
export type Concern = z.infer<typeof Concern>;

/**
 * Throws E_BLOCKED where any of the concerns is blocking, and names each; `about` and `hint` are of
 * the problem.
 */
export function mustNotBlock(concerns: readonly Concern[], more: { about?: string | undefined; hint?: string } = {}): void {
  const blocking = concerns.filter(({ severity }) => severity === 'blocking');
  if (blocking.length === 0) return;
  const lines = blocking.map(
    ({ code, about, says, remedy }) => `  ${code}${about === undefined ? '' : ` ${about}`}: ${says} ${remedy}`,
  );
  throw new Problem(
    'E_BLOCKED',
    `${blocking.length === 1 ? 'One concern is' : `${blocking.length} concerns are`} blocking:\n${lines.join('\n')}`,
    more,
  );
}

/** What would happen to one resource at the destination. */
export const Decision = z.object({
  ref: Ref,
  action: z.enum(['create', 'adopt', 'skip']),
  /** The destination's id of what is adopted. */
  id: z.string().optional(),
  why: z.string(),
});
export type Decision = z.infer<typeof Decision>;
