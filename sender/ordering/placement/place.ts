import { Problem } from '../../../shared/problem.ts';
import { compareText } from '../math/compare-text.ts';
import { seededRandom } from '../math/random.ts';
import type { TrafficPair } from '../traffic/pairs.ts';
import { branchAndBound } from './branch-and-bound.ts';
import { searchPlacement } from './heuristic.ts';
import { crossTraffic, type PlacementInstance } from './instance.ts';

/** CPUs, memory and storage; servers and hosts use the same units. */
interface Sizes {
  readonly cpu: number;
  readonly memory: number;
  readonly storage: number;
}

/** A host, or a whole aggregate; `zone` is its availability zone. */
export interface Host extends Sizes {
  readonly id: string;
  readonly zone?: string | undefined;
}

/** Input to `placeServers`. */
export interface PlacementRequest {
  readonly servers: readonly (Sizes & { readonly id: string })[];
  readonly hosts: readonly Host[];
  readonly pairs: readonly TrafficPair[];
  readonly seed?: number | undefined;
}

/** Which server goes to which host. No placement has less than `bound` bytes between hosts. */
export interface Placement {
  readonly on: readonly { readonly server: string; readonly host: string }[];
  readonly crossBytes: number;
  readonly totalBytes: number;
  readonly bound: number;
  readonly method: 'exact' | 'heuristic';
  readonly seed: number;
}

const resources = ['cpu', 'memory', 'storage'] as const;

/**
 * Places servers so that least traffic crosses between hosts: exactly where the search ends in
 * time, else the best one found. Throws E_PLACEMENT where none fits, or none was found.
 */
export function placeServers(request: PlacementRequest): Placement {
  const { seed = 1 } = request;
  const servers = [...request.servers].sort((a, b) => compareText(a.id, b.id));
  const hosts = [...request.hosts].sort((a, b) => compareText(a.id, b.id));
  checkCapacity(servers, hosts);
  const instance = placementInstance(servers, hosts, request.pairs);
  const found = searchPlacement(instance, seededRandom(seed));
  const { best, complete } = branchAndBound(instance, found);
  if (best === null) {
    const says = complete
      ? 'Each server fits on some host alone, but all of them do not fit together.'
      : 'The search found no placement in which all servers fit; there may be one.';
    throw new Problem('E_PLACEMENT', says);
  }
  const total = instance.neighbours.flat().reduce((sum, { bytes }) => sum + bytes, 0) / 2;
  const crossBytes = crossTraffic(instance, best);
  return {
    on: servers.map(({ id }, i) => ({ server: id, host: hosts[best[i] as number]?.id ?? '' })),
    crossBytes,
    totalBytes: total,
    bound: complete ? crossBytes : 0,
    method: complete ? 'exact' : 'heuristic',
    seed,
  };
}

/** The availability zone in which a server is to be built. */
export interface ServerZone {
  readonly server: string;
  readonly availability_zone: string;
}

/**
 * The zone of each server: that of its host, or `nova:host` (Nova API reference, "Create Server",
 * `availability_zone`).
 */
export function zonesOf({ on }: Placement, hosts: readonly Host[], zone = 'nova'): ServerZone[] {
  const byId = new Map(hosts.map((host) => [host.id, host]));
  return on.map(({ server, host }) => ({ server, availability_zone: byId.get(host)?.zone ?? `${zone}:${host}` }));
}

function checkCapacity(servers: PlacementRequest['servers'], hosts: readonly Host[]): void {
  const refuse = (says: string, about?: string): never => {
    throw new Problem('E_PLACEMENT', says, { about });
  };
  for (const one of [...servers, ...hosts])
    for (const resource of resources)
      if (!(Number.isFinite(one[resource]) && one[resource] >= 0))
        refuse(`${one.id}: ${resource} is negative or no number.`, one.id);
  for (const server of servers)
    if (!hosts.some((host) => resources.every((resource) => server[resource] <= host[resource])))
      refuse(`Server ${server.id} fits on no host: it needs ${resources.map((r) => `${r} ${server[r]}`).join(', ')}.`, server.id);
  for (const resource of resources) {
    const needed = totalOf(servers, resource);
    const there = totalOf(hosts, resource);
    if (needed > there) refuse(`All servers together need ${resource} ${needed}; all hosts together have ${there}.`);
  }
}

function totalOf(machines: readonly Sizes[], resource: (typeof resources)[number]): number {
  return machines.reduce((sum, machine) => sum + machine[resource], 0);
}

function placementInstance(
  servers: PlacementRequest['servers'],
  hosts: readonly Host[],
  pairs: readonly TrafficPair[],
): PlacementInstance {
  const index = new Map(servers.map(({ id }, i) => [id, i]));
  const traffic = servers.map(() => new Map<number, number>());
  for (const { a, b, bytes } of pairs) {
    const i = index.get(a);
    const j = index.get(b);
    if (i === undefined || j === undefined || i === j || !(bytes > 0)) continue;
    traffic[i]?.set(j, (traffic[i]?.get(j) ?? 0) + bytes);
    traffic[j]?.set(i, (traffic[j]?.get(i) ?? 0) + bytes);
  }
  const sizes = (one: Sizes): number[] => resources.map((resource) => one[resource]);
  const neighbours = traffic.map((row) =>
    [...row].map(([to, bytes]) => ({ to, bytes })).sort((x, y) => y.bytes - x.bytes || x.to - y.to),
  );
  return { needs: servers.map(sizes), rooms: hosts.map(sizes), neighbours };
}
