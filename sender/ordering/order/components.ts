import type { Instance } from './instance.ts';

/** The connected components of the traffic graph, each with its servers in ascending order. */
export function connectedComponents({ size, from, to }: Pick<Instance, 'size' | 'from' | 'to'>): number[][] {
  const seen = new Uint8Array(size);
  const parts: number[][] = [];
  for (let start = 0; start < size; start++) {
    if (seen[start] === 1) continue;
    const part = [start];
    seen[start] = 1;
    for (let at = 0; at < part.length; at++) {
      const server = part[at] as number;
      for (let e = from[server] as number; e < (from[server + 1] as number); e++) {
        const other = to[e] as number;
        if (seen[other] === 1) continue;
        seen[other] = 1;
        part.push(other);
      }
    }
    parts.push(part.sort((a, b) => a - b));
  }
  return parts;
}
