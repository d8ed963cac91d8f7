import { z } from 'zod';
import { common } from './resource-fields.ts';

/**
 * What a project may use of one service, which is its id: `compute`, `network` or `volume`. A limit
 * of -1 is none.
 */
export const QuotaSet = z.object({ ...common, limits: z.record(z.string(), z.int()) });

/** Values that a campaign replaces, by name: what was there, and what it sets. */
export type Replaced = Readonly<Record<string, { readonly was: number; readonly is: number }>>;

/** The limits of the destination that are lower than wanted ones, and what they become. */
export function raisesOf(wanted: Readonly<Record<string, number>>, there: Readonly<Record<string, number>>): Replaced {
  const entries = Object.entries(wanted).flatMap(([name, is]) => {
    const was = there[name];
    return was === undefined || was < 0 || (is >= 0 && is <= was) ? [] : [[name, { was, is }] as const];
  });
  return Object.fromEntries(entries);
}
