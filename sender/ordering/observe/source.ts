import type { Observation } from '../traffic/flow-observation.ts';
import type { Rejection, Traffic } from '../traffic/matrix.ts';

/** Where sources put what they see. */
export interface Sink {
  /** Takes what `place` saw; what another place has seen too counts once. `whole` is for samples, see `Once`. */
  see(observation: Observation, place: string, whole?: boolean): void;
  /** Counts what could not be used. */
  refuse(reason: Rejection, count?: number): void;
  /** Tells the operator something that he should know about a source, once. */
  say(sentence: string): void;
}

/** When a source watched, or null where it saw nothing and cannot tell. */
export type Period = Traffic['sources'][number];

/** Something that tells of traffic. `watch` MUST return soon after its signal aborts, with what it has seen given to the sink. */
export interface Source {
  /** Names the place of observation in `traffic.json`. */
  readonly name: string;
  /** Whether it watches for as long as it is told to, or reads what there is and ends. */
  readonly live: boolean;
  watch(sink: Sink, signal: AbortSignal): Promise<Period | null>;
}

/** Whose network a zone of conntrack or an identifier of a tunnel is; undefined where the operator or the document does not tell. */
export interface Networks {
  readonly zones: ReadonlyMap<number, string>;
  readonly vnis: ReadonlyMap<number, string>;
}
