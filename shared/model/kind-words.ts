import { factsOf } from './kinds.ts';
import type { Kind } from './resource.ts';

/** What is counted for people beside resources; their plural is regular. */
type CountedThing = 'campaign' | 'concern' | 'line' | 'phase' | 'problem';

/** A kind of resource, or what else is counted, with its number: `1 router`, `3 floating IPs`. */
export function countOf(what: Kind | CountedThing, count: number): string {
  return `${count} ${count === 1 ? wordOf(what) : wordsOf(what)}`;
}

/** How many there are of each kind, as `countOf` says it: `2 servers, 1 network`. */
export function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, count]) => countOf(kind as Kind, count))
    .join(', ');
}

/** A kind of resource in words: `security group rule`. */
export function wordOf(kind: string): string {
  return rowOf(kind)?.one ?? kind.replaceAll('_', ' ');
}

/** Several of a kind in words: `security group rules`. */
export function wordsOf(kind: string): string {
  return rowOf(kind)?.many ?? `${wordOf(kind)}s`;
}

/** The row of a kind; a newer receiver may count kinds that this release does not know. */
function rowOf(kind: string): (typeof factsOf)[Kind] | undefined {
  return Object.hasOwn(factsOf, kind) ? factsOf[kind as Kind] : undefined;
}
