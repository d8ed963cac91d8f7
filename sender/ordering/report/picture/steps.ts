import type { Analysis } from '../../analysis/analysis.ts';
import { colourOf } from './colours.ts';

/**
 * What colours and numbers mean: the wave, or the position in the order where there is one wave.
 */
export interface Steps {
  readonly by: 'wave' | 'place';
  readonly count: number;
  /** Counted from 0. */
  of(server: string): number;
  colour(server: string): string;
}

/** The steps of an analysis. */
export function stepsOf({ waves }: Pick<Analysis, 'waves'>): Steps {
  const by = waves.length > 1 ? 'wave' : 'place';
  const lists = by === 'wave' ? waves.map(({ servers }) => servers) : (waves[0]?.servers ?? []).map((id) => [id]);
  const step = new Map(lists.flatMap((servers, index) => servers.map((id) => [id, index] as const)));
  const of = (server: string): number => step.get(server) ?? 0;
  return { by, count: lists.length, of, colour: (server) => colourOf(of(server), lists.length) };
}
