import { compareText } from '../math/compare-text.ts';
import type { TrafficPair } from '../traffic/pairs.ts';

/** A cluster joins another one if they exchange more than this part of all its traffic. */
const majority = 0.8;

/**
 * Joins two servers if they exchange at least `noise` of the geometric mean of their totals, so a
 * monitoring server joins nothing. Then clusters join the one that has most of their traffic.
 */
export function clusterServers(servers: readonly string[], pairs: readonly TrafficPair[], noise: number): string[][] {
  const free = new Set(servers);
  const inside = pairs.filter(({ a, b }) => free.has(a) && free.has(b));
  const total = new Map<string, number>();
  for (const { a, b, bytes } of inside) for (const id of [a, b]) total.set(id, (total.get(id) ?? 0) + bytes);
  const home = new Map(servers.map((id) => [id, id]));
  const find = (id: string): string => {
    let root = id;
    while (home.get(root) !== root) root = home.get(root) as string;
    home.set(id, root);
    return root;
  };
  // The smaller id is the root, so that the order of pairs makes no difference.
  const join = (a: string, b: string): void => {
    const one = find(a);
    const other = find(b);
    if (compareText(one, other) < 0) home.set(other, one);
    else home.set(one, other);
  };
  for (const { a, b, bytes } of inside) if (bytes >= noise * Math.sqrt((total.get(a) ?? 0) * (total.get(b) ?? 0))) join(a, b);
  while (joinMajorities(inside, find, join)) {
    // Each round joins at least two clusters.
  }
  const clusters = new Map<string, string[]>();
  for (const id of [...servers].sort(compareText)) clusters.set(find(id), [...(clusters.get(find(id)) ?? []), id]);
  return [...clusters.values()];
}

function joinMajorities(
  pairs: readonly TrafficPair[],
  find: (id: string) => string,
  join: (a: string, b: string) => void,
): boolean {
  const all = new Map<string, number>();
  const between = new Map<string, Map<string, number>>();
  for (const { a, b, bytes } of pairs) {
    const x = find(a);
    const y = find(b);
    for (const [one, other] of x === y
      ? [[x, y]]
      : [
          [x, y],
          [y, x],
        ]) {
      all.set(one as string, (all.get(one as string) ?? 0) + bytes);
      const row = between.get(one as string) ?? new Map<string, number>();
      between.set(one as string, row.set(other as string, (row.get(other as string) ?? 0) + bytes));
    }
  }
  const joins = [...between].flatMap(([one, row]) =>
    [...row]
      .filter(([other, bytes]) => other !== one && bytes > majority * (all.get(one) ?? 0))
      .map(([other]) => ({ one, other })),
  );
  for (const { one, other } of joins) join(one, other);
  return joins.length > 0;
}
