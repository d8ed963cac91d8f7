import { Problem } from '../problem.ts';
import { kinds, type Ref, type Resource, refOf } from './resource.ts';

/**
 * Sorts resources so that each comes after all it needs; ties keep the document's order. Throws
 * E_DANGLING for a need outside the list, E_DUPLICATE for a ref twice, E_CYCLE for a circle.
 */
export function inBuildOrder(resources: readonly Resource[]): Resource[] {
  const byRef = new Map<Ref, Resource>();
  for (const resource of resources) {
    const ref = refOf(resource.kind, resource.id);
    if (byRef.has(ref)) throw new Problem('E_DUPLICATE', `${ref} is in the document twice.`, { about: ref });
    byRef.set(ref, resource);
  }
  const sorted: Resource[] = [];
  const state = new Map<Ref, 'open' | 'done'>();
  const byKind = [...byRef].sort(([, a], [, b]) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  for (const [start] of byKind) {
    // An explicit stack: documents come from outside, and a chain of needs may be longer than the
    // call stack.
    const stack: { ref: Ref; next: number }[] = [{ ref: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { ref: Ref; next: number };
      const resource = byRef.get(top.ref) as Resource;
      if (top.next === 0) {
        if (state.get(top.ref) === 'done') {
          stack.pop();
          continue;
        }
        state.set(top.ref, 'open');
      }
      const need = resource.needs[top.next];
      if (need === undefined) {
        state.set(top.ref, 'done');
        sorted.push(resource);
        stack.pop();
        continue;
      }
      top.next += 1;
      if (!byRef.has(need))
        throw new Problem('E_DANGLING', `${top.ref} needs ${need}, which is not in the document.`, { about: top.ref });
      if (state.get(need) === 'done') continue;
      if (state.get(need) === 'open') {
        const circle = stack.slice(stack.findIndex((entry) => entry.ref === need)).map((entry) => entry.ref);
        throw new Problem('E_CYCLE', `Resources need each other in a circle: ${inWords([...circle, need])}.`, { about: need });
      }
      stack.push({ ref: need, next: 0 });
    }
  }
  return sorted;
}

/** A circle as it is read; of a long one the beginning and the end. */
function inWords(circle: readonly Ref[]): string {
  const shown = circle.length > 12 ? [...circle.slice(0, 8), `… ${circle.length - 10} more …`, ...circle.slice(-2)] : circle;
  return shown.join(' → ');
}
