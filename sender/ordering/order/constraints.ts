import { mayEndBetween } from './cut-waves.ts';
import type { Instance } from './instance.ts';
import { WaveCapacity } from './wave-capacity.ts';
import type { WaveSequence } from './wave-sequence.ts';

/** Whether waves keep the limits and constraints. */
export function keepsConstraints(instance: Instance, { order, ends }: WaveSequence): boolean {
  const { predecessors, groups, size, group } = instance;
  const place = new Int32Array(size);
  for (let p = 0; p < size; p++) place[order[p] as number] = p;
  let position = 0;
  for (const end of ends) {
    const wave = new WaveCapacity(instance);
    for (; position < end; position++) if (!wave.add(order[position] as number)) return false;
    const last = order[end - 1] as number;
    const next = order[end];
    if (next !== undefined && !mayEndBetween(instance, last, next)) return false;
  }
  for (let i = 0; i < size; i++)
    if (predecessors[i]?.some((first) => (place[first] as number) > (place[i] as number))) return false;
  return groups.every((members, index) => {
    const first = Math.min(...members.map((i) => place[i] as number));
    return members.every((_, offset) => group[order[first + offset] as number] === index);
  });
}
