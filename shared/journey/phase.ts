import type { UnitKind } from '../model/lone-volumes.ts';

/** The stages of a server's downtime; servers in the same stage share what it needs. */
export const stages = ['before', 'transfer', 'register', 'boot'] as const;
export type Stage = (typeof stages)[number];

/**
 * How long a phase takes where nothing was measured: a fixed time, or by the bytes of the disks.
 */
type Assumed = { readonly ms: number } | { readonly bytesPerMs: number };

/**
 * One row of the itinerary. `run`, `undo` and `tidy` MUST be safe to repeat, the latter two also
 * after half a `run`.
 */
export interface PhaseOf<Move, Tools, Learned> {
  /** What the journal calls it. */
  readonly name: string;
  /** For people: what happens here. */
  readonly does: string;
  /**
   * Where it takes effect: a bundle's export runs the rows of the source, its import those of the
   * destination that come after the stop.
   */
  readonly side: 'source' | 'both' | 'destination';
  /** The only kind that has this phase; without it all have it. */
  readonly for?: UnitKind;
  /** Which moves have this phase; all of them without it. */
  readonly when?: (move: Move) => boolean;
  readonly run: (move: Move, tools: Tools) => Promise<Learned | undefined>;
  /**
   * Restores the service that this phase interrupted; runs from the last phase up, before any tidy.
   */
  readonly undo?: (move: Move, tools: Tools) => Promise<void>;
  /**
   * Removes what this phase left behind; runs from the last phase up, once the source runs again.
   */
  readonly tidy?: (move: Move, tools: Tools) => Promise<void>;
  /**
   * Whether a pause ends it at once, because the server still runs; a resumption begins it again.
   */
  readonly halts?: boolean;
  /**
   * What a running server waits for here; it is not counted as work, and a stopped server skips it.
   */
  readonly waitsFor?: 'cutover' | 'calendar';
  /** Whether the server may still be stopped after this wait; where not, the phase runs again. */
  readonly isOver?: (move: Move, tools: Tools) => Promise<boolean>;
  /**
   * Whether the members of an atomic group begin it together: each waits until all have come to it.
   */
  readonly together?: boolean;
  /** Whether the members of an atomic group do it one after the other. */
  readonly inTurn?: boolean;
  /** Whether disks are copied here in rounds, while the server runs. */
  readonly rounds?: boolean;
  /**
   * Whether the server is down meanwhile: the first such phase stops it, the last proves it runs.
   */
  readonly downtime?: boolean;
  /** Whether it changes the server's network; a report's network time begins with the first one. */
  readonly network?: boolean;
  /** Which stage of the downtime it belongs to. */
  readonly stage?: Stage;
  /** What a forecast takes where nothing was measured; every phase with downtime MUST have it. */
  readonly assumed?: Assumed;
  /** The part of a warm move's round that does the same work; its forecast uses the rounds. */
  readonly likeRound?: 'snapshot' | 'blocks';
}
