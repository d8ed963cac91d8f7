import { z } from 'zod';
import type { Replaced } from './replaced.ts';
import { common } from './resource-fields.ts';

/**
 * What a project may use of one service, which is its id: `compute`, `network` or `volume`. A limit
 * of -1 is none.
 */
export const QuotaSet = z.object({ ...common, limits: z.record(z.string(), z.int()) });

/** The limits of the destination that are lower than wanted ones, and what they become. */
export function raisesOf(wanted: Readonly<Record<string, number>>, there: Readonly<Record<string, number>>): Replaced<number> {
  const entries = Object.entries(wanted).flatMap(([name, is]) => {
    const was = there[name];
    return was === undefined || was < 0 || (is >= 0 && is <= was) ? [] : [[name, { was, is }] as const];
  });
  return Object.fromEntries(entries);
}
