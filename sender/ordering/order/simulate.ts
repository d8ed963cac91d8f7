import { type Instance, weightUnits } from './instance.ts';
import type { OrderCost, ScheduledServer } from './request.ts';
import { earliestTrack } from './tracks.ts';
import type { WaveSequence } from './wave-sequence.ts';

/** When each server goes down and is up again, and the length of the campaign, in quanta. */
export interface Timeline {
  readonly downAt: Float64Array;
  readonly upAt: Float64Array;
  readonly length: number;
}

/**
 * Simulates waves as the sender runs them: in a wave, the next server begins when a track is free.
 */
export function simulate(instance: Instance, { order, ends }: WaveSequence): Timeline {
  const { size, before, down, parallel, gap } = instance;
  const downAt = new Float64Array(size);
  const upAt = new Float64Array(size);
  const tracks = new Float64Array(Math.min(parallel, Math.max(1, size)));
  let length = 0;
  let position = 0;
  for (const [wave, end] of ends.entries()) {
    tracks.fill(wave === 0 ? 0 : length + gap);
    for (; position < end; position++) {
      const server = order[position] as number;
      const track = earliestTrack(tracks);
      const stop = (tracks[track] as number) + (before[server] as number);
      const up = stop + (down[server] as number);
      downAt[server] = stop;
      upAt[server] = up;
      tracks[track] = up;
      if (up > length) length = up;
    }
  }
  return { downAt, upAt, length };
}

/** What a timeline costs, in quanta × units: a whole number. */
function costOfTimeline(instance: Instance, { downAt, upAt, length }: Timeline): number {
  const { size, from, to, weight, members, serviceWeight, lengthWeight } = instance;
  let cost = lengthWeight * length;
  for (let s = 0; s < members.length; s++) {
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const member of members[s] as readonly number[]) {
      const stop = downAt[member] as number;
      const up = upAt[member] as number;
      if (stop < first) first = stop;
      if (up > last) last = up;
    }
    cost += (serviceWeight[s] as number) * (last - first);
  }
  for (let i = 0; i < size; i++) {
    const mine = upAt[i] as number;
    for (let e = from[i] as number; e < (from[i + 1] as number); e++) {
      const j = to[e] as number;
      if (j > i) cost += (weight[e] as number) * Math.abs(mine - (upAt[j] as number));
    }
  }
  return cost;
}

/** What waves cost, in quanta × units. */
export function costOfSequence(instance: Instance, sequence: WaveSequence): number {
  return costOfTimeline(instance, simulate(instance, sequence));
}

/** Converts a cost from quanta × units to seconds. */
export function toSeconds({ quantumMs, weights }: Instance, cost: number): number {
  return ((cost / weightUnits) * quantumMs * (weights.downtime + weights.split + weights.length)) / 1000;
}

/** The cost of a timeline in seconds, with the three means that it consists of. */
export function costInSeconds(instance: Instance, timeline: Timeline): OrderCost {
  const { members, serviceWeight, quantumMs, size, from, to, weight, pause } = instance;
  const seconds = quantumMs / 1000;
  let downtime = 0;
  let services = 0;
  let split = 0;
  let bytes = 0;
  for (const [s, list] of members.entries()) {
    const own = serviceWeight[s] as number;
    const first = Math.min(...list.map((i) => timeline.downAt[i] as number));
    downtime += own * (Math.max(...list.map((i) => timeline.upAt[i] as number)) - first);
    services += own;
  }
  for (let i = 0; i < size; i++)
    for (let e = from[i] as number; e < (from[i + 1] as number); e++) {
      split += (weight[e] as number) * Math.abs((timeline.upAt[i] as number) - (timeline.upAt[to[e] as number] as number));
      bytes += weight[e] as number;
    }
  return {
    cost: toSeconds(instance, costOfTimeline(instance, timeline)),
    serviceDowntimeSeconds: services === 0 ? 0 : (downtime / services) * seconds,
    splitSeconds: bytes === 0 ? 0 : (split / bytes) * seconds,
    lengthSeconds: Math.max(0, timeline.length - pause) * seconds,
  };
}

/**
 * When each server goes down and is up, in the given order. There is no pause before the very first
 * server.
 */
export function scheduleOf({ ids, quantumMs, pause }: Instance, { order }: WaveSequence, timeline: Timeline): ScheduledServer[] {
  return Array.from(order, (i) => ({
    id: ids[i] as string,
    downAtMs: ((timeline.downAt[i] as number) - pause) * quantumMs,
    upAtMs: ((timeline.upAt[i] as number) - pause) * quantumMs,
  }));
}
