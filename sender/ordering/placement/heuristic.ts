import { type Random, shuffled } from '../math/random.ts';
import { HostCapacity } from './host-capacity.ts';
import { crossTraffic, type PlacementInstance } from './instance.ts';

const mostStarts = 24;

/**
 * A good placement from several greedy starts, each improved by moves and swaps; null where none
 * fits.
 */
export function searchPlacement(instance: PlacementInstance, random: Random): number[] | null {
  const { needs, rooms, neighbours } = instance;
  const servers = needs.map((_, i) => i);
  const size = (i: number): number =>
    Math.max(...rooms.map((room) => Math.max(...room.map((all, r) => (all === 0 ? 0 : (needs[i]?.[r] ?? 0) / all)))));
  const degree = (i: number): number => (neighbours[i] ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  const sizes = servers.map(size);
  const degrees = servers.map(degree);
  const bySize = [...servers].sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b);
  const byDegree = [...servers].sort((a, b) => (degrees[b] as number) - (degrees[a] as number) || a - b);
  let best = null as number[] | null;
  let cost = Number.POSITIVE_INFINITY;
  const starts = needs.length > 300 ? 4 : mostStarts;
  for (let start = 0; start < starts; start++) {
    const order = start < 2 ? bySize : start < 4 ? byDegree : shuffled(servers, random);
    const placement = greedy(instance, order, start % 2 === 0);
    if (placement === null) continue;
    improve(instance, placement);
    const own = crossTraffic(instance, placement);
    if (own >= cost) continue;
    best = placement;
    cost = own;
  }
  return best;
}

/**
 * Places each server where most of its traffic is or, when packing, on the fullest host it fits on.
 */
function greedy(instance: PlacementInstance, order: readonly number[], packing: boolean): number[] | null {
  const rooms = new HostCapacity(instance);
  const placement = Array<number>(order.length).fill(-1);
  for (const server of order) {
    const pull = new Float64Array(instance.rooms.length);
    for (const { to, bytes } of instance.neighbours[server] ?? []) {
      const host = placement[to] as number;
      if (host >= 0) pull[host] = (pull[host] as number) + bytes;
    }
    const choices = rooms
      .different(server)
      .map((host) => ({ host, pull: pull[host] as number, fullness: rooms.fullness(server, host) }))
      .sort((a, b) => (packing ? 0 : b.pull - a.pull) || b.fullness - a.fullness || a.host - b.host);
    const host = choices[0]?.host;
    if (host === undefined) return null;
    placement[server] = host;
    rooms.take(server, host, 1);
  }
  return placement;
}

/** Moves and swaps servers while less traffic crosses and everything fits. */
function improve(instance: PlacementInstance, placement: number[]): void {
  const { needs, neighbours, rooms: hosts } = instance;
  const rooms = new HostCapacity(instance);
  const pull = needs.map(() => new Float64Array(hosts.length));
  const shift = (server: number, host: number, sign: 1 | -1): void => {
    rooms.take(server, host, sign);
    for (const { to, bytes } of neighbours[server] ?? [])
      (pull[to] as Float64Array)[host] = (pull[to]?.[host] as number) + sign * bytes;
  };
  for (const [server, host] of placement.entries()) shift(server, host, 1);
  const relocate = (server: number, host: number): void => {
    shift(server, placement[server] as number, -1);
    placement[server] = host;
    shift(server, host, 1);
  };
  const gain = (server: number, host: number): number =>
    (pull[server]?.[host] as number) - (pull[server]?.[placement[server] as number] as number);
  const better = (server: number): boolean => {
    for (let host = 0; host < hosts.length; host++) {
      if (gain(server, host) <= 0 || !rooms.fits(server, host)) continue;
      relocate(server, host);
      return true;
    }
    const own = placement[server] as number;
    const between = new Map((neighbours[server] ?? []).map(({ to, bytes }) => [to, bytes]));
    for (let other = 0; other < needs.length; other++) {
      const there = placement[other] as number;
      if (there === own || gain(server, there) + gain(other, own) - 2 * (between.get(other) ?? 0) <= 0) continue;
      if (!rooms.fits(server, there, other) || !rooms.fits(other, own, server)) continue;
      relocate(server, there);
      relocate(other, own);
      return true;
    }
    return false;
  };
  // This ends, for every change lowers a sum of whole bytes.
  for (let moved = true; moved; ) {
    moved = false;
    for (let server = 0; server < needs.length; server++) if (better(server)) moved = true;
  }
}
