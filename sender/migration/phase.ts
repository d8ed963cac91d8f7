import type { Params, Requests, Result, SaidBy } from '../../protocol/messages.ts';
import type { ServerState, Snapshot, SourceCloud } from '../../shared/cloud/cloud.ts';
import type { Aside } from '../../shared/concurrency/semaphore.ts';
import type { Dated } from '../../shared/journal.ts';
import type { Calendar } from '../../shared/model/calendar.ts';
import type { Plan } from '../../shared/model/plan.ts';
import type { Ref, ResourceOf } from '../../shared/model/resource.ts';
import type { OfferDisk, OnDisk, SealedDisk } from '../disks/offer-disk.ts';
import type { Forecast } from './forecast.ts';
import type { Round } from './round.ts';

/** What the phases of one move have learned; each phase adds its part, and the journal keeps it. */
export interface Learned {
  /** The source server's status before we touched it: what a rollback restores. */
  readonly was?: ServerState['status'];
  /** What the downtime was expected to be when the cutover came. */
  readonly forecast?: Forecast;
  readonly snapshots?: Readonly<Record<string, Snapshot>>;
  /** The source server's time of change when its snapshots were whole: what ran since then is not in them. */
  readonly frozenAt?: ServerState['changedAt'];
  readonly sealed?: Readonly<Record<string, SealedDisk>>;
  /** Destination ids by ref. */
  readonly built?: Readonly<Record<string, string>>;
  /** What the destination chose, by ref, for the report. */
  readonly details?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** One server's journey: the server, what goes with it, and what was learned so far. */
export interface Move {
  readonly server: ResourceOf<'server'>;
  readonly disks: readonly ResourceOf<'disk'>[];
  /** What they may hold together, by its flavor and image. */
  readonly diskBytes: number;
  readonly ports: readonly Ref[];
  readonly floatingIps: readonly Ref[];
  readonly probe: string | undefined;
  /** Where its clients reach it at the source, floating addresses first. */
  readonly addresses: readonly string[];
  /** Whether its disks are copied while it runs, and when it is stopped then. */
  readonly warm: boolean;
  readonly cutover: string;
  /** When it may be stopped; at any time without one. */
  readonly calendar: Calendar | undefined;
  readonly attempt: number;
  readonly learned: Learned;
}

/** Asks the receiver; waits for it where the link is down, and repeats what a broken link left unanswered. */
export type Ask = <N extends Requests & SaidBy<'sender'>>(name: N, params: Params<N>, signal: AbortSignal) => Promise<Result<N>>;

/** What a phase works with. */
export interface Tools {
  readonly campaign: string;
  readonly source: SourceCloud;
  readonly ask: Ask;
  /** Makes a disk's blocks answerable to the receiver while `work` runs. */
  readonly offer: OfferDisk;
  readonly options: Plan['options'];
  /** The rounds of a server's present attempt. */
  readonly rounds: {
    readonly of: (server: string) => readonly Dated<Round>[];
    readonly add: (server: string, round: Round) => Promise<void>;
  };
  /** Whether the operator asked for a server's cutover. */
  readonly isCutoverAsked: (server: string) => boolean;
  readonly forecastOf: (move: Move) => Forecast | null;
  /** What is left of the pause after the server that ended last: milliseconds. */
  readonly pauseLeftMs: () => number;
  readonly aside: Aside;
  /** This campaign's folder. */
  readonly folder: string;
  readonly onDisk: OnDisk;
  /** What a move took so far, in milliseconds: by phase, and from the stop until now. */
  readonly timesOf: (server: string) => { readonly stages: Readonly<Record<string, number>>; readonly downtimeMs: number };
  readonly signal: AbortSignal;
}

/** One line of the itinerary. `run`, `undo` and `tidy` MUST be safe to repeat, and the latter two after half a `run`. */
export interface Phase {
  readonly name: string;
  /** For people: what happens here. */
  readonly does: string;
  /** Which moves have this phase; all of them without it. */
  readonly when?: (move: Move) => boolean;
  /** Whether a pause ends it at once, because it holds no server down; it begins again at the resumption. */
  readonly halts?: boolean;
  readonly run: (move: Move, tools: Tools) => Promise<Learned | undefined>;
  /** Whether what it waited for is still so, asked after an interruption for as long as the server was not seen stopped; it runs again where it is not. */
  readonly holds?: (move: Move, tools: Tools) => Promise<boolean>;
  /** Gives back what this phase took from service; undone from the last phase up, before anything is tidied. */
  readonly undo?: (move: Move, tools: Tools) => Promise<void>;
  /** Removes what this phase left lying about; done from the last phase up, once the source runs again. */
  readonly tidy?: (move: Move, tools: Tools) => Promise<void>;
  /** Whether the server is down while this phase runs. */
  readonly downtime?: boolean;
}
