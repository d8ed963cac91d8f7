import type { ServerState, Snapshot } from '../../shared/cloud/source-cloud.ts';
import type { UnitKind } from '../../shared/model/lone-volumes.ts';
import type { Ref, ResourceOf } from '../../shared/model/resource.ts';
import type { SealedDisk } from '../disks/offer-disk.ts';
import type { Calendar } from '../model/calendar.ts';

/** What a server's downtime would be if it were stopped now. Milliseconds and bytes. */
export interface Forecast {
  readonly downtimeMs: number;
  /** By phase, in the order of the itinerary. */
  readonly phases: Readonly<Record<string, number>>;
  /**
   * Bytes copied while it is down: what changed since the last round, or the disks of a cold move.
   */
  readonly deltaBytes: number;
  /** The phases whose duration is assumed, because no earlier move measured it. */
  readonly assumed: readonly string[];
}

/** What the phases of a move have learned; each adds its part, and the journal keeps it. */
export interface Learned {
  /** Whether the source server ran just before we stopped it: what a rollback restores. */
  readonly was?: ServerState['power'];
  /** What the downtime was expected to be when the cutover came. */
  readonly forecast?: Forecast;
  readonly snapshots?: Readonly<Record<string, Snapshot>>;
  /** The source's generation when its snapshots were complete; they lack later writes. */
  readonly generation?: string;
  readonly sealed?: Readonly<Record<string, SealedDisk>>;
  /** Destination ids by ref. */
  readonly built?: Readonly<Record<string, string>>;
  /** What the destination chose, by ref, for the report. */
  readonly details?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * One journey: of a server, a lone volume or an image, its belongings, and what was learned so far.
 */
export interface Move {
  readonly kind: UnitKind;
  /** The server that moves; the volume or image itself, where it moves without one. */
  readonly server: { readonly id: string; readonly name: string };
  readonly disks: readonly ResourceOf<'disk'>[];
  /** The servers of its atomic group, itself among them; it alone where it shares no volume. */
  readonly group: readonly string[];
  /** Those of its disks that other servers have, too. */
  readonly sharedDisks: readonly string[];
  /** What its disks may hold together, by its flavor and image. */
  readonly diskBytes: number;
  readonly ports: readonly Ref[];
  readonly floatingIps: readonly Ref[];
  readonly probe: string | undefined;
  /** Where its clients reach it at the source, floating addresses first. */
  readonly addresses: readonly string[];
  /** Whether its disks are copied while it runs, and when it is stopped after that. */
  readonly warm: boolean;
  readonly cutover: string;
  /** When it may be stopped; at any time without one. */
  readonly calendar: Calendar | undefined;
  readonly attempt: number;
  readonly learned: Learned;
}
