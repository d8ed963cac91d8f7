import type { FlowObservation } from '../traffic/flow-observation.ts';
import type { FlowMatrix, Rejection } from '../traffic/matrix.ts';

/** Takes what the sources observe. */
export interface TrafficSink {
  /**
   * Adds what `place` observed; what several places see counts once. `sampled`: see
   * `FlowDeduplicator`.
   */
  add(observation: FlowObservation, place: string, sampled?: boolean): void;
  /** Counts what could not be used. */
  reject(reason: Rejection, count?: number): void;
  /** Tells the operator something about a source, once. */
  say(sentence: string): void;
}

/** The period in which a source observed; null where it saw nothing. */
export type ObservedPeriod = FlowMatrix['sources'][number];

/**
 * A source of observations. `watch` MUST return soon after its signal aborts, with all observations
 * given.
 */
export interface TrafficSource {
  /** Its name in `traffic.json`. */
  readonly name: string;
  /** Whether it observes until it is stopped, or reads a file to its end. */
  readonly live: boolean;
  watch(sink: TrafficSink, signal: AbortSignal): Promise<ObservedPeriod | null>;
}

/**
 * The networks of conntrack zones and tunnel identifiers, as far as the operator or the document
 * names them.
 */
export interface KnownNetworks {
  readonly zones: ReadonlyMap<number, string>;
  readonly vnis: ReadonlyMap<number, string>;
}

/** Whether a tunnel identifier is another tenant's. */
export function isForeignTunnel(vni: number | null, vnis: ReadonlyMap<number, string>): boolean {
  return vni !== null && vnis.size > 0 && !vnis.has(vni);
}
