import { Problem } from '../../../shared/problem.ts';
import type { OrderRequest, Weights } from './request.ts';

/**
 * The sum of all weights. With times below 2³¹ quanta every cost is a whole number that a double
 * holds exactly.
 */
export const weightUnits = 2 ** 22;

/**
 * An order request in whole numbers and canonical server order. Times are in quanta, weights are
 * shares of `weightUnits`, and every `before` includes the pause.
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
  /** Whether any limit of a wave is set. */
  readonly limited: boolean;
  /** Neighbours of server i: `to` and `weight` from `from[i]` until `from[i + 1]`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
  readonly service: Int32Array;
  readonly members: readonly (readonly number[])[];
  readonly serviceWeight: Float64Array;
  readonly lengthWeight: number;
  /** By server: its set that moves together, or -1. */
  readonly group: Int32Array;
  readonly groups: readonly (readonly number[])[];
  readonly predecessors: readonly (readonly number[])[];
  readonly successors: readonly (readonly number[])[];
  readonly weights: Weights;
  /** The original request. */
  readonly request: OrderRequest;
}

/** The problem of an order request that cannot be satisfied. */
export function impossible(says: string, about?: string): Problem {
  return new Problem('E_ORDER', says, { about });
}
