import { impossible } from './instance.ts';

export function groupsOf(sets: readonly (readonly number[])[], size: number) {
  const group = new Int32Array(size).fill(-1);
  const groups = sets.filter((set) => set.length > 1).sort((a, b) => (a[0] as number) - (b[0] as number));
  for (const [index, members] of groups.entries())
    for (const member of members) {
      if (group[member] !== -1) throw impossible('A server is in two sets that move together: make them one set.');
      group[member] = index;
    }
  return { group, groups };
}

export function constraintsOf(befores: readonly { first: number; later: number }[], size: number) {
  const predecessors = Array.from({ length: size }, (): number[] => []);
  const successors = Array.from({ length: size }, (): number[] => []);
  for (const { first, later } of befores) {
    if (predecessors[later]?.includes(first)) continue;
    predecessors[later]?.push(first);
    successors[first]?.push(later);
  }
  return { predecessors, successors };
}
