import { type Stage, stages } from '../../../shared/journey/phase.ts';
import type { RoundLimits } from '../../migration/round.ts';

/** What a site can do, as measured there: enough to play a campaign before it runs. Rates are bytes a second, times milliseconds. */
export interface SiteModel {
  /** Stop and snapshot of one server. */
  readonly beforeMs: number;
  /** Snapshot of one server that goes on running. */
  readonly snapshotMs: number;
  /** How fast a disk is read again to find what differs from its copy. */
  readonly scanRate: number;
  /** Ports, create, boot and probe of one server, alone. */
  readonly bootMs: number;
  /** By what part of itself a boot is slower for each other one under way. */
  readonly bootCrowding: number;
  /** What the copy of one server reaches alone. */
  readonly streamRate: number;
  /** What all copies reach together at most. */
  readonly linkRate: number;
  /** What the disks read and write together while a single copy runs. */
  readonly diskRate: number;
  /** By what part of itself a byte takes the disks longer for each further copy that they seek for. */
  readonly seeking: number;
  /** Registering the disk at the destination, all servers together. */
  readonly importRate: number;
  /** Standard deviation of measured over predicted campaigns, as a part. */
  readonly spread: number;
  /** Campaigns it was fitted to; 0: nothing but guesses. */
  readonly campaigns: number;
}

/** What is assumed of a site that nothing is known of: a gigabit link and one good disk on either side. */
export const unknownSite: SiteModel = {
  ...{ beforeMs: 15_000, bootMs: 40_000, bootCrowding: 0.1, streamRate: 60e6, linkRate: 110e6, diskRate: 150e6, seeking: 0.1 },
  ...{ importRate: 150e6, snapshotMs: 10_000, scanRate: 150e6, spread: 0.3, campaigns: 0 },
};

/** The site with a link whose rate was measured. */
export function withLink(model: SiteModel, bytesPerSecond: number): SiteModel {
  return { ...model, linkRate: bytesPerSecond, streamRate: Math.min(model.streamRate, bytesPerSecond) };
}

/** How a server is copied while it runs: what it changes, in bytes a second as they cross the link, and what ends its rounds. */
export interface Warm extends RoundLimits {
  readonly changedRate: number;
}

/** What one server asks of the site: bytes that cross the link the first time, and bytes that are registered at the destination. */
export interface Load {
  readonly id: string;
  readonly sentBytes: number;
  readonly diskBytes: number;
  /** Where it is copied before it is stopped. */
  readonly warm?: Warm | undefined;
}

export { type Stage, stages };

/** How much of its work one of `count` servers does in a second, in a stage: bytes, or milliseconds. */
export function paceOf(model: SiteModel, stage: Stage, count: number): number {
  switch (stage) {
    case 'before':
      return 1000;
    case 'transfer':
      return Math.min(model.streamRate, model.linkRate / count, model.diskRate / (1 + model.seeking * (count - 1)) / count);
    case 'register':
      return model.importRate / count;
    case 'boot':
      return 1000 / (1 + model.bootCrowding * (count - 1));
  }
}

/** The work of a server in a stage: bytes, or milliseconds. */
export function workOf(model: SiteModel, stage: Stage, load: Load): number {
  switch (stage) {
    case 'before':
      return model.beforeMs;
    case 'transfer':
      return load.sentBytes;
    case 'register':
      return load.diskBytes;
    case 'boot':
      return model.bootMs;
  }
}
