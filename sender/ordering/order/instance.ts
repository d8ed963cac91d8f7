import { Problem } from '../../../shared/problem.ts';
import type { OrderRequest, Weights } from './request.ts';

/** Sum of all weights of a question, in units; with times below 2³¹ quanta every cost is a whole number that a double holds exactly. */
export const weightUnits = 2 ** 22;

/**
 * A question in whole numbers, its servers in a canonical order that names and the order of input do not change.
 * Times are in quanta; weights are shares of `weightUnits`. `pause` is part of every `before`.
 */
export interface Instance {
  readonly size: number;
  readonly ids: readonly string[];
  readonly quantumMs: number;
  readonly before: Float64Array;
  readonly down: Float64Array;
  readonly bytes: Float64Array;
  readonly pause: number;
  readonly gap: number;
  readonly parallel: number;
  readonly most: { readonly servers: number; readonly bytes: number; readonly window: number };
  /** Whether a wave is limited at all. */
  readonly limited: boolean;
  /** Neighbours of server i: `to` and `weight` from `from[i]` until `from[i + 1]`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
  readonly service: Int32Array;
  readonly members: readonly (readonly number[])[];
  readonly serviceWeight: Float64Array;
  readonly lengthWeight: number;
  /** Which set of servers that stay together, or -1. */
  readonly group: Int32Array;
  readonly groups: readonly (readonly number[])[];
  readonly predecessors: readonly (readonly number[])[];
  readonly successors: readonly (readonly number[])[];
  readonly weights: Weights;
  /** What was asked, for costs in seconds. */
  readonly request: OrderRequest;
}

/** An order that cannot be. */
export function impossible(says: string, about?: string): Problem {
  return new Problem('E_ORDER', says, { about });
}
