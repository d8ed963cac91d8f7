import type { SourceCloud, SourceRetirement } from '../../shared/cloud/source-cloud.ts';
import type { Log } from '../../shared/log.ts';
import type { Problem } from '../../shared/problem.ts';
import type { OfferDisk, OnDisk } from '../disks/offer-disk.ts';
import type { RestState } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import type { Ask } from '../migration/phase.ts';
import type { Campaign } from './campaign.ts';
import type { CampaignState } from './campaign-status.ts';

/** What a step works with. */
export interface StepTools {
  readonly source: SourceCloud;
  /** Opens the only client that may change moved servers; only a commit calls it. */
  readonly retirement: () => Promise<SourceRetirement>;
  readonly ask: Ask;
  readonly offer: OfferDisk;
  readonly onDisk: OnDisk;
  readonly retryDelaysMs: readonly number[];
  /** What earlier moves took, of this and of other campaigns. */
  readonly history: () => readonly PastMove[];
  readonly log: Log;
  /** Aborts when the daemon stops: nothing is undone, and the work continues after the restart. */
  readonly signal: AbortSignal;
  /** Aborts when another wish replaces this one: nothing is undone, and the new wish decides. */
  readonly superseded: AbortSignal;
  /** Aborts on a pause: servers that still run are not moved further. */
  readonly halted: AbortSignal;
  /** Aborts when the receiver was away for too long: unfinished servers are rolled back. */
  readonly receiverLost: AbortSignal;
}

/**
 * How a step ended: what it learned for the journal, or the state in which the campaign rests
 * without further steps.
 */
export interface StepEnd {
  readonly learned?: object;
  readonly rests?: RestState;
  /** Why it rests there, where that is not what the operator asked for. */
  readonly problem?: Problem;
}

/** One step of a wish. `run` MUST be safe to repeat, also after half of it. */
export interface Step {
  /** What the journal calls it. */
  readonly name: string;
  /** For people: what happens here. */
  readonly does: string;
  readonly run: (campaign: Campaign, tools: StepTools, step: Step) => Promise<StepEnd | undefined>;
  /**
   * What the journal calls the pause of a rolling wave: its second half begins when its first half
   * is healthy.
   */
  readonly pausesAt?: string;
  /** Whether it asks the receiver; a campaign that goes into a bundle skips it. */
  readonly asksReceiver?: boolean;
  /**
   * true: only for a commit that deletes the source servers; false: only for one that keeps them.
   */
  readonly deletesSource?: boolean;
  /** Whether it only reads: a commit that did not go past it has done nothing. */
  readonly onlyLooks?: boolean;
  /** Whether it is done only once in a campaign. */
  readonly once?: boolean;
  /** Whether it is retried after a temporary failure. */
  readonly retries?: boolean;
}

/**
 * The steps of a wish, the state shown meanwhile, and the state in which the campaign rests after.
 */
export interface WishRow {
  readonly shows: CampaignState;
  readonly rests: RestState;
  readonly steps: readonly Step[];
}

/**
 * Whether the daemon stops or another wish takes over: then nothing is rolled back or noted. The
 * loss of the receiver is neither.
 */
export function isInterrupted({ signal, superseded }: StepTools): boolean {
  return signal.aborted || superseded.aborted;
}

/** Aborts when no more work may be done for the present wish. */
export function workSignal({ signal, superseded, receiverLost }: StepTools): AbortSignal {
  return AbortSignal.any([signal, superseded, receiverLost]);
}

/** Aborts when the daemon stops or another wish takes over; a cleanup needs no receiver. */
export function cleanupSignal({ signal, superseded }: StepTools): AbortSignal {
  return AbortSignal.any([signal, superseded]);
}
