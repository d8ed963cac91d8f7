/**
 * Dark enough for white numbers and light enough for a dark page. The numbers distinguish them for
 * everyone.
 */
const few = ['#1d5fd1', '#c2410c', '#047857', '#8b2fd6', '#946200', '#0e7490', '#b91c1c'] as const;

/** The gradient for more steps than distinct colours. */
const ramp = ['#1d5fd1', '#0e7490', '#047857', '#946200', '#c2410c', '#b91c1c', '#8b2fd6'] as const;

/** The colour of a step among so many: a wave, or a position in the order. */
export function colourOf(step: number, steps: number): string {
  if (steps <= few.length) return few[step] ?? few[0];
  const at = (step / (steps - 1)) * (ramp.length - 1);
  const low = ramp[Math.floor(at)] ?? ramp[0];
  const high = ramp[Math.ceil(at)] ?? ramp[0];
  const part = at - Math.floor(at);
  const channel = (colour: string, index: number): number => Number.parseInt(colour.slice(1 + 2 * index, 3 + 2 * index), 16);
  const mixed = [0, 1, 2].map((index) => Math.round(channel(low, index) * (1 - part) + channel(high, index) * part));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
