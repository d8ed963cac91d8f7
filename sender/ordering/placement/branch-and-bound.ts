import { HostCapacity } from './host-capacity.ts';
import { crossTraffic, type PlacementInstance } from './instance.ts';

/** Servers × hosts that are examined before the search gives up: one or two seconds. */
const mostLooks = 3e7;

/**
 * Searches all placements and skips those whose bound is not below the best: what crosses already,
 * and the least that each further server adds. `complete`: nothing better exists.
 */
export function branchAndBound(
  instance: PlacementInstance,
  known: readonly number[] | null,
): { best: number[] | null; complete: boolean } {
  const { needs, rooms: hosts, neighbours } = instance;
  const n = needs.length;
  const m = hosts.length;
  const degree = neighbours.map((list) => list.reduce((sum, { bytes }) => sum + bytes, 0));
  const order = needs.map((_, i) => i).sort((a, b) => (degree[b] as number) - (degree[a] as number) || a - b);
  const rooms = new HostCapacity(instance);
  const placement = Array<number>(n).fill(-1);
  /** By server and host: its traffic with the servers already there. */
  const pull = needs.map(() => new Float64Array(m));
  const placed = new Float64Array(n);
  let best = known === null ? null : [...known];
  let bestCost = known === null ? Number.POSITIVE_INFINITY : crossTraffic(instance, known);
  const mostSteps = mostLooks / Math.max(1, n * m);
  let steps = 0;

  const least = (depth: number): number => {
    let sum = 0;
    for (let at = depth; at < n; at++) {
      const server = order[at] as number;
      if (placed[server] === 0) continue;
      let most = -1;
      for (let host = 0; host < m; host++)
        if ((pull[server]?.[host] as number) > most && rooms.fits(server, host)) most = pull[server]?.[host] as number;
      if (most < 0) return Number.POSITIVE_INFINITY;
      sum += (placed[server] as number) - most;
    }
    return sum;
  };
  const put = (server: number, host: number, sign: 1 | -1): void => {
    placement[server] = sign === 1 ? host : -1;
    rooms.take(server, host, sign);
    for (const { to, bytes } of neighbours[server] ?? []) {
      (pull[to] as Float64Array)[host] = (pull[to]?.[host] as number) + sign * bytes;
      placed[to] = (placed[to] as number) + sign * bytes;
    }
  };
  const branch = (depth: number, cost: number): void => {
    if (++steps > mostSteps) return;
    if (depth === n) {
      best = [...placement];
      bestCost = cost;
      return;
    }
    const server = order[depth] as number;
    const choices = rooms
      .different(server)
      .map((host) => ({ host, adds: (placed[server] as number) - (pull[server]?.[host] as number) }))
      .sort((a, b) => a.adds - b.adds || a.host - b.host);
    for (const { host, adds } of choices) {
      if (cost + adds >= bestCost) return;
      put(server, host, 1);
      if (cost + adds + least(depth + 1) < bestCost) branch(depth + 1, cost + adds);
      put(server, host, -1);
    }
  };
  branch(0, 0);
  return { best, complete: steps <= mostSteps };
}
