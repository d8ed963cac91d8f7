import { type Instance, impossible } from './instance.ts';

/**
 * Sorts servers by priority as far as the constraints allow; sets that move together stay adjacent.
 * Throws E_ORDER where constraints are cyclic.
 */
export function topologicalOrder(instance: Instance, wish: (server: number) => number): Int32Array {
  const { size, group, groups } = instance;
  // An atom is a set that moves together, or a single server.
  const atoms: (readonly number[])[] = [...groups];
  const atomOf = Int32Array.from(group);
  for (let i = 0; i < size; i++) if ((group[i] as number) < 0) atomOf[i] = atoms.push([i]) - 1;
  const wishes = atoms.map((members) => members.reduce((sum, member) => sum + wish(member), 0) / members.length);
  const outer = kahnSort(
    atoms.length,
    (atom) => wishes[atom] as number,
    predecessorsOf(instance, atomOf, atoms),
    instance,
    atoms,
  );
  const order = outer.flatMap((atom) => {
    const members = atoms[atom] as readonly number[];
    const local = new Map(members.map((member, index) => [member, index]));
    const needs = members.map((member) => (instance.predecessors[member] ?? []).flatMap((first) => local.get(first) ?? []));
    const inner = kahnSort(
      members.length,
      (index) => wish(members[index] as number),
      needs,
      instance,
      members.map((member) => [member]),
    );
    return inner.map((index) => members[index] as number);
  });
  return Int32Array.from(order);
}

function predecessorsOf({ predecessors }: Instance, atomOf: Int32Array, atoms: readonly (readonly number[])[]): number[][] {
  return atoms.map((members, atom) =>
    [...new Set(members.flatMap((member) => predecessors[member] ?? []).map((first) => atomOf[first] as number))].filter(
      (first) => first !== atom,
    ),
  );
}

/** Kahn's algorithm; of the items that are free, the one of smallest priority value is next. */
function kahnSort(
  count: number,
  wish: (item: number) => number,
  needs: readonly (readonly number[])[],
  { ids }: Instance,
  names: readonly (readonly number[])[],
): number[] {
  const waiting = needs.map((list) => list.length);
  const followers = Array.from({ length: count }, (): number[] => []);
  for (const [item, list] of needs.entries()) for (const first of list) followers[first]?.push(item);
  const rank = Array.from({ length: count }, (_, item) => item).sort((a, b) => wish(a) - wish(b) || a - b);
  const sorted: number[] = [];
  let free = rank.filter((item) => waiting[item] === 0);
  const place = new Map(rank.map((item, index) => [item, index]));
  while (free.length > 0) {
    const next = free.shift() as number;
    sorted.push(next);
    let grew = false;
    for (const item of followers[next] ?? []) {
      waiting[item] = (waiting[item] as number) - 1;
      if (waiting[item] === 0) grew = free.push(item) > 0;
    }
    if (grew) free = free.sort((a, b) => (place.get(a) as number) - (place.get(b) as number));
  }
  if (sorted.length === count) return sorted;
  const stuck = Array.from({ length: count }, (_, item) => item).filter((item) => (waiting[item] as number) > 0);
  const named = stuck.flatMap((item) => names[item] ?? []).map((i) => ids[i]);
  throw impossible(`The constraints on ${named.slice(0, 12).join(', ')} contradict each other.`, named[0]);
}
