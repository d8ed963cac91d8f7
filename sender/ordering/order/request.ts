import type { ServiceMembers } from '../services/service.ts';
import type { TrafficPair } from '../traffic/pairs.ts';
/** A server that will move. `beforeMs` is work while it still runs (0 where it moves cold), `downMs` from its stop until it is up at the destination. */
export interface TimedServer {
  readonly id: string;
  readonly name?: string | undefined;
  readonly beforeMs?: number | undefined;
  readonly downMs: number;
  readonly bytes?: number | undefined;
}

/** What a wave may hold at most: servers, bytes, and time from its first start to its last server up. */
interface WaveLimits {
  readonly servers?: number | undefined;
  readonly bytes?: number | undefined;
  readonly windowMs?: number | undefined;
}

/** What a second counts: of a service's downtime (mean over services), of a byte's split time (mean over bytes), of the campaign's length. */
export interface Weights {
  readonly downtime: number;
  readonly split: number;
  readonly length: number;
}

/** Downtime comes first; the length decides between orders that are alike otherwise. */
export const defaultWeights: Weights = { downtime: 4, split: 1, length: 0.01 };

/** What the order of a migration is asked for. */
export interface OrderRequest {
  readonly servers: readonly TimedServer[];
  readonly pairs: readonly TrafficPair[];
  readonly services?: readonly ServiceMembers[] | undefined;
  /** Servers that may be on their way at once inside a wave, as in the plan. */
  readonly parallel?: number | undefined;
  /** Between the end of one server and the start of the next. */
  readonly pauseMs?: number | undefined;
  /** Between two waves: the wait for the next window. */
  readonly gapMs?: number | undefined;
  readonly limits?: WaveLimits | undefined;
  /** `first` is up at the destination before `later` goes down: listed earlier, and in an earlier wave where servers move in parallel. */
  readonly before?: readonly { readonly first: string; readonly later: string }[] | undefined;
  /** Servers of one wave, one after the other. */
  readonly together?: readonly (readonly string[])[] | undefined;
  readonly weights?: Partial<Weights> | undefined;
  /** Of the random numbers of the heuristic; printed with its result. */
  readonly seed?: number | undefined;
  readonly restarts?: number | undefined;
}

/** What an order costs, in seconds: `cost` = downtime weight × mean service downtime + split weight × mean split time + length weight × length. */
export interface Cost {
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

/** A proposed order: its waves, what it costs, and what no order can beat. */
export interface Proposal extends Cost {
  readonly waves: readonly (readonly string[])[];
  readonly schedule: readonly ScheduledServer[];
  /** No order costs less; equal to `cost` where `method` is exact. */
  readonly bound: number;
  readonly method: 'exact' | 'heuristic';
  readonly seed: number;
  readonly restarts: number;
}
