import type { Concern } from './concern.ts';
import { rowOfConcern } from './concern-table.ts';
import type { Mappings } from './mappings.ts';
import type { Ref } from './resource.ts';

/** Whether a plan accepts a concern: by its code, or by its code and the resource. */
export function accepts({ accept = [] }: Mappings, code: string, about: Ref | undefined): boolean {
  return accept.some((text) => text === code || text === `${code} ${about ?? ''}`);
}

/** Whether a plan accepts one part of a concern: by its code, the resource and the part. */
export function acceptsPart({ accept = [] }: Mappings, code: string, about: Ref, part: string): boolean {
  return accept.includes(`${code} ${about} ${part}`);
}

/** The concerns as a plan leaves them: what may be accepted and is, stops nothing. */
export function withAccepted(concerns: readonly Concern[], mappings: Mappings): Concern[] {
  return concerns.map((concern) =>
    isAccepted(concern, mappings) ? { ...concern, severity: 'warning', remedy: 'The plan accepts it.' } : concern,
  );
}

/** Whether a concern would stop a campaign, and its plan accepts it. */
export function isAccepted({ code, severity, about, each = [] }: Concern, mappings: Mappings): boolean {
  if (severity !== 'blocking') return false;
  const ways = rowOfConcern(code)?.ways ?? [];
  if (ways.includes('accept')) return accepts(mappings, code, about);
  // A plan that was written before there was more to lose does not mean all of it.
  if (!ways.includes('accept each') || about === undefined || each.length === 0) return false;
  return each.every((part) => acceptsPart(mappings, code, about, part));
}
