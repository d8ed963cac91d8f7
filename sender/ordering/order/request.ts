import type { ServiceMembers } from '../services/service.ts';
import type { TrafficPair } from '../traffic/pairs.ts';
/**
 * A server with its times. `beforeMs` is work while it still runs, `downMs` the time from its stop
 * until it is up at the destination.
 */
export interface TimedServer {
  readonly id: string;
  readonly name?: string | undefined;
  readonly beforeMs?: number | undefined;
  readonly downMs: number;
  readonly bytes?: number | undefined;
}

/** Limits of a wave; `windowMs` from its first start until its last server is up. */
interface WaveLimits {
  readonly servers?: number | undefined;
  readonly bytes?: number | undefined;
  readonly windowMs?: number | undefined;
}

/**
 * What a second counts: of mean service downtime, of mean split time of a byte, and of the
 * campaign's length.
 */
export interface Weights {
  readonly downtime: number;
  readonly split: number;
  readonly length: number;
}

/** Downtime counts most. The length only decides between orders that are otherwise equal. */
export const defaultWeights: Weights = { downtime: 4, split: 1, length: 0.01 };

/** Input to `proposeOrder`. */
export interface OrderRequest {
  readonly servers: readonly TimedServer[];
  readonly pairs: readonly TrafficPair[];
  readonly services?: readonly ServiceMembers[] | undefined;
  /** How many servers move at once inside a wave. */
  readonly parallel?: number | undefined;
  /** Between the end of one server and the start of the next. */
  readonly pauseMs?: number | undefined;
  /** Between two waves. */
  readonly gapMs?: number | undefined;
  readonly limits?: WaveLimits | undefined;
  /**
   * `first` MUST be up before `later` goes down. In parallel `first` is therefore in an earlier
   * wave.
   */
  readonly before?: readonly { readonly first: string; readonly later: string }[] | undefined;
  /** Sets of servers that share a wave and are adjacent in it. */
  readonly together?: readonly (readonly string[])[] | undefined;
  readonly weights?: Partial<Weights> | undefined;
  /** Seed of the heuristic. */
  readonly seed?: number | undefined;
  readonly restarts?: number | undefined;
}

/** What an order costs, in seconds: `cost` is the sum of the three means by their weights. */
export interface OrderCost {
  readonly cost: number;
  readonly serviceDowntimeSeconds: number;
  readonly splitSeconds: number;
  readonly lengthSeconds: number;
}

/** When a server goes down and is up again, in milliseconds from the start of the campaign. */
export interface ScheduledServer {
  readonly id: string;
  readonly downAtMs: number;
  readonly upAtMs: number;
}

/** A proposed order with its waves and its lower bound. */
export interface Proposal extends OrderCost {
  readonly waves: readonly (readonly string[])[];
  readonly schedule: readonly ScheduledServer[];
  /** Lower bound; equal to `cost` where `method` is `exact`. */
  readonly bound: number;
  readonly method: 'exact' | 'heuristic';
  readonly seed: number;
  readonly restarts: number;
}
