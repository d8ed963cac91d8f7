/**
 * The stages of a server's downtime. Servers that are in the same one at the same time share what
 * it needs.
 */
export const stages = ['before', 'transfer', 'register', 'boot'] as const;
export type Stage = (typeof stages)[number];

/**
 * How long a phase is assumed to take where no earlier move measured it: always as long, or by the
 * bytes of the disks.
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
   * Where it takes effect. A bundle's export runs the rows of the source alone, its import those of
   * the destination.
   */
  readonly side: 'source' | 'both' | 'destination';
  /** Which moves have this phase; all of them without it. */
  readonly when?: (move: Move) => boolean;
  readonly run: (move: Move, tools: Tools) => Promise<Learned | undefined>;
  /**
   * Gives back what this phase took from service; undone from the last phase up, before anything is
   * tidied.
   */
  readonly undo?: (move: Move, tools: Tools) => Promise<void>;
  /**
   * Removes what this phase left behind; done from the last phase up, once the source server runs
   * again.
   */
  readonly tidy?: (move: Move, tools: Tools) => Promise<void>;
  /**
   * Whether a pause ends it at once, because the server still runs; it begins again at the
   * resumption.
   */
  readonly halts?: boolean;
  /**
   * What the running server waits for here; such a phase is not counted as work, and a stopped
   * server skips it.
   */
  readonly waitsFor?: 'cutover' | 'calendar';
  /**
   * Of a phase that waits and is done: whether the server may still be stopped now; the phase runs
   * again where it may not.
   */
  readonly isOver?: (move: Move, tools: Tools) => Promise<boolean>;
  /** Whether disks are copied here in rounds, while the server runs. */
  readonly rounds?: boolean;
  /**
   * Whether the server is down meanwhile: the first such phase stops it, the last one proves that
   * it runs again.
   */
  readonly downtime?: boolean;
  /**
   * Whether it changes the server's network; the first such phase begins the network time of a
   * report.
   */
  readonly network?: boolean;
  /** Which stage of the downtime it belongs to. */
  readonly stage?: Stage;
  /** What a forecast takes where nothing was measured; every phase with downtime MUST have it. */
  readonly assumed?: Assumed;
  /**
   * Which part of a warm move's round does the same work: a forecast of a warm move takes it from
   * the rounds.
   */
  readonly likeRound?: 'snapshot' | 'blocks';
}
