import type { Params, Requests, Result, SaidBy } from '../../protocol/messages.ts';
import type { SourceCloud } from '../../shared/cloud/source-cloud.ts';
import type { Aside } from '../../shared/concurrency/semaphore.ts';
import type { Dated } from '../../shared/journal.ts';
import type { BuiltHere, DestinationTools } from '../../shared/journey/destination.ts';
import type { PhaseOf } from '../../shared/journey/phase.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import type { Power, Ref } from '../../shared/model/resource.ts';
import type { OfferDisk, OfferTools } from '../disks/offer-disk.ts';
import type { Plan } from '../model/plan.ts';
import type { Forecast, Learned, Move } from './move.ts';
import type { Round } from './round.ts';

/** A row of the itinerary of the sender's moves. */
export type Phase = PhaseOf<Move, Tools, Learned>;

/**
 * Asks the receiver; waits while the link is down, and repeats what a broken link left unanswered.
 */
export type Ask = <N extends Requests & SaidBy<'sender'>>(name: N, params: Params<N>, signal: AbortSignal) => Promise<Result<N>>;

/** What a phase works with. */
export interface Tools extends OfferTools, DestinationTools {
  readonly source: SourceCloud;
  readonly offer: OfferDisk;
  /**
   * Builds of a port or floating IP what its running source server does not notice; null where
   * something of it waits for the stop.
   */
  readonly prepare: (ref: Ref, signal: AbortSignal) => Promise<BuiltHere | null>;
  readonly options: Plan['options'];
  /** The rounds of a server's present attempt. */
  readonly rounds: {
    readonly of: (server: string) => readonly Dated<Round>[];
    readonly add: (server: string, round: Round) => Promise<void>;
  };
  /** What was captured of the tenant before anything began. */
  readonly document: Configurations;
  /** What was left out of what was captured, as the operator was told. */
  readonly leftOut: readonly Ref[];
  /**
   * Whether a server's stop was requested already, and the note that it is requested next; its
   * generation when it was last noted as seen stopped, and that note.
   */
  readonly stops: {
    readonly isAsked: (server: string) => boolean;
    readonly ask: (server: string, was: Power) => Promise<void>;
    readonly seenAs: (server: string) => string | undefined;
    readonly see: (server: string, generation: string) => Promise<void>;
  };
  /** Whether the operator gave up a server that cannot run at the source again. */
  readonly isGivenUp: (server: string) => boolean;
  /** Whether the operator asked for a server's cutover. */
  readonly isCutoverAsked: (server: string) => boolean;
  /** The downtime of a move if it stopped now; null where it cannot be known. */
  readonly forecastOf: (move: Move) => Forecast | null;
  /** What is left of the plan's delay after the last finished server: milliseconds. */
  readonly delayLeftMs: () => number;
  /** Gives the move's slot to others while it only waits. */
  readonly withoutSlot: Aside;
}
