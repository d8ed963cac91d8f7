import { type Stage, stages } from '../../../shared/journey/phase.ts';
import type { RoundLimits } from '../../migration/round.ts';

/**
 * The rates of a site, by which a campaign is simulated. Rates are in bytes a second, times in
 * milliseconds.
 */
export interface SiteModel {
  /** Stop and snapshot of a server. */
  readonly beforeMs: number;
  /** Snapshot of a running server. */
  readonly snapshotMs: number;
  /** How fast a disk is read again to find what changed. */
  readonly scanRate: number;
  /** Create, boot and probe of a server, alone. */
  readonly bootMs: number;
  /** The fraction by which each further server slows a boot down. */
  readonly bootCrowding: number;
  /** The copy of one server, alone. */
  readonly streamRate: number;
  /** All copies together. */
  readonly linkRate: number;
  /** The disks while a single copy runs. */
  readonly diskRate: number;
  /** The fraction of time that the disks lose to seeking with each further copy. */
  readonly seeking: number;
  /** Registration of all images at the destination together. */
  readonly importRate: number;
  /** Standard deviation of measured over predicted length, as a fraction. */
  readonly spread: number;
  /** How many campaigns it was fitted to; 0 where everything is assumed. */
  readonly campaigns: number;
}

/** Assumed of an unknown site: a gigabit link and one good disk on either side. */
export const assumedSite: SiteModel = {
  beforeMs: 15_000,
  bootMs: 40_000,
  bootCrowding: 0.1,
  streamRate: 60e6,
  linkRate: 110e6,
  diskRate: 150e6,
  seeking: 0.1,
  importRate: 150e6,
  snapshotMs: 10_000,
  scanRate: 150e6,
  spread: 0.3,
  campaigns: 0,
};

/** The model with a measured link rate. */
export function withLink(model: SiteModel, bytesPerSecond: number): SiteModel {
  return { ...model, linkRate: bytesPerSecond, streamRate: Math.min(model.streamRate, bytesPerSecond) };
}

/**
 * How a running server is copied: the bytes a second that it changes, and the limits of its rounds.
 */
export interface WarmCopy extends RoundLimits {
  readonly changedRate: number;
}

/**
 * The work of a server: bytes of its first copy, and bytes that are registered at the destination.
 */
export interface Load {
  readonly id: string;
  readonly sentBytes: number;
  readonly diskBytes: number;
  /** Absent where the server moves cold. */
  readonly warm?: WarmCopy | undefined;
}

export { type Stage, stages };

/** The work that one of `count` servers in a stage does in a second: bytes, or milliseconds. */
export function stageRate(model: SiteModel, stage: Stage, count: number): number {
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
export function stageWork(model: SiteModel, stage: Stage, load: Load): number {
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
