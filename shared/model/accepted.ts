import type { Concern } from './concern.ts';
import { rowOfConcern } from './concern-table.ts';
import type { Mappings } from './mappings.ts';
import type { Ref } from './resource.ts';

/** Whether a plan accepts a concern: by its code, or by its code and the resource. */
export function accepts({ accept = [] }: Mappings, code: string, about: Ref | undefined): boolean {
  return accept.some((text) => text === code || text === `${code} ${about ?? ''}`);
}

/** The concerns as a plan leaves them: what may be accepted and is, stops nothing. */
export function withAccepted(concerns: readonly Concern[], mappings: Mappings): Concern[] {
  return concerns.map((concern) => {
    const isAccepted =
      concern.severity === 'blocking' &&
      rowOfConcern(concern.code)?.ways?.includes('accept') === true &&
      accepts(mappings, concern.code, concern.about);
    return isAccepted ? { ...concern, severity: 'warning', remedy: 'The plan accepts it.' } : concern;
  });
}
