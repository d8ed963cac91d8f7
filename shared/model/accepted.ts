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
  return concerns.map((concern) => {
    const isAccepted = concern.severity === 'blocking' && isAcceptedBy(mappings, concern);
    return isAccepted ? { ...concern, severity: 'warning', remedy: 'The plan accepts it.' } : concern;
  });
}

function isAcceptedBy(mappings: Mappings, { code, about, each = [] }: Concern): boolean {
  const ways = rowOfConcern(code)?.ways ?? [];
  if (ways.includes('accept')) return accepts(mappings, code, about);
  // A plan that was written before there was more to lose does not mean all of it.
  if (!ways.includes('accept each') || about === undefined || each.length === 0) return false;
  return each.every((part) => acceptsPart(mappings, code, about, part));
}
