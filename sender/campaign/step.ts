import type { SourceCloud, SourceRetirement } from '../../shared/cloud/source-cloud.ts';
import type { Log } from '../../shared/log.ts';
import type { OfferDisk, OnDisk } from '../disks/offer-disk.ts';
import type { RestState } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import type { Ask } from '../migration/phase.ts';
import type { Campaign } from './campaign.ts';
import type { CampaignState } from './campaign-status.ts';

/** What a step works with. */
export interface StepTools {
  readonly source: SourceCloud;
  /** Opens the one client that may touch moved servers; nothing but a commit calls it. */
  readonly retirement: () => Promise<SourceRetirement>;
  readonly ask: Ask;
  readonly offer: OfferDisk;
  readonly onDisk: OnDisk;
  readonly retryDelaysMs: readonly number[];
  /** What earlier moves took, of this and of other campaigns. */
  readonly history: () => readonly PastMove[];
  readonly log: Log;
  /** Aborts when the daemon stops: everything stays where it is and goes on after the restart. */
  readonly signal: AbortSignal;
  /**
   * Aborts when another wish takes over: everything stays where it is, for the new wish to decide.
   */
  readonly superseded: AbortSignal;
  /** Aborts when a pause was asked for: servers that still run are not moved further. */
  readonly halted: AbortSignal;
  /**
   * Aborts when the receiver has been away for too long: the servers on their way are rolled back.
   */
  readonly receiverLost: AbortSignal;
}

/**
 * How a step ended: what it learned for the journal, or the state in which the campaign rests at
 * once, without further steps.
 */
export interface StepEnd {
  readonly learned?: object;
  readonly rests?: RestState;
}

/** One row of what a wish takes. `run` MUST be safe to repeat, also after half of it. */
export interface Step {
  /** What the journal calls it. */
  readonly name: string;
  /** For people: what happens here. */
  readonly does: string;
  readonly run: (campaign: Campaign, tools: StepTools, name: string) => Promise<StepEnd | undefined>;
  /**
   * Whether it asks the receiver; a campaign that goes into a bundle has none, and leaves it out.
   */
  readonly asksReceiver?: boolean;
  /**
   * Whether it belongs only to a commit that deletes the source servers (true) or only to one that
   * keeps them (false).
   */
  readonly deletesSource?: boolean;
  /** Whether it is done only once in a campaign. */
  readonly once?: boolean;
  /** Whether it is tried again after a failure that may pass. */
  readonly retries?: boolean;
}

/**
 * What a wish takes: its steps, the state that is shown meanwhile, and the state in which the
 * campaign rests after the last.
 */
export interface WishRow {
  readonly shows: CampaignState;
  readonly rests: RestState;
  readonly steps: readonly Step[];
}

/**
 * Whether the daemon stops or another wish takes over: then nothing is rolled back and nothing
 * noted. A lost receiver is neither.
 */
export function isInterrupted({ signal, superseded }: StepTools): boolean {
  return signal.aborted || superseded.aborted;
}

/** Aborts when nothing more may be done for the present wish. */
export function workSignal({ signal, superseded, receiverLost }: StepTools): AbortSignal {
  return AbortSignal.any([signal, superseded, receiverLost]);
}

/**
 * Aborts when the daemon stops or another wish takes over: what is cleaned up at the source needs
 * no receiver.
 */
export function cleanupSignal({ signal, superseded }: StepTools): AbortSignal {
  return AbortSignal.any([signal, superseded]);
}
