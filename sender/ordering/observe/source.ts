import type { FlowObservation } from '../traffic/flow-observation.ts';
import type { FlowMatrix, Rejection } from '../traffic/matrix.ts';

/** Where sources put what they see. */
export interface TrafficSink {
  /** Takes what `place` saw; what another place has seen too counts once. `whole` is for samples, see `Once`. */
  see(observation: FlowObservation, place: string, whole?: boolean): void;
  /** Counts what could not be used. */
  refuse(reason: Rejection, count?: number): void;
  /** Tells the operator something that he should know about a source, once. */
  say(sentence: string): void;
}

/** When a source watched, or null where it saw nothing and cannot tell. */
export type ObservedPeriod = FlowMatrix['sources'][number];

/** Something that tells of traffic. `watch` MUST return soon after its signal aborts, with what it has seen given to the sink. */
export interface TrafficSource {
  /** Names the place of observation in `traffic.json`. */
  readonly name: string;
  /** Whether it watches for as long as it is told to, or reads what there is and ends. */
  readonly live: boolean;
  watch(sink: TrafficSink, signal: AbortSignal): Promise<ObservedPeriod | null>;
}

/** Whose network a zone of conntrack or an identifier of a tunnel is; undefined where the operator or the document does not tell. */
export interface KnownNetworks {
  readonly zones: ReadonlyMap<number, string>;
  readonly vnis: ReadonlyMap<number, string>;
}

/** Whether a tunnel's identifier is known to be of another tenant. */
export function isForeignTunnel(vni: number | null, vnis: ReadonlyMap<number, string>): boolean {
  return vni !== null && vnis.size > 0 && !vnis.has(vni);
}
