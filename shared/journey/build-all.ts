import type { Ref } from '../model/resource.ts';
import type { BuiltHere, LearnedOnArrival } from './destination.ts';

/** Builds resources in order; returns what was learned of those that were built. */
export async function buildAll(refs: readonly Ref[], build: (ref: Ref) => Promise<BuiltHere | null>): Promise<LearnedOnArrival> {
  const built: Record<string, string> = {};
  const details: Record<string, Readonly<Record<string, string>>> = {};
  for (const ref of refs) {
    const made = await build(ref);
    if (made === null) continue;
    built[ref] = made.id;
    if (made.detail !== undefined) details[ref] = made.detail;
  }
  return { built, details };
}
