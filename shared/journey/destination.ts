import type { ServerState } from '../cloud/source-cloud.ts';
import type { UnitKind } from '../model/lone-volumes.ts';
import type { DiskOrigin, Ref } from '../model/resource.ts';

/** A server, lone volume or image on its way, as the destination half of its journey knows it. */
export interface Arrival {
  readonly kind: UnitKind;
  /** The server that moves; the volume or image itself, where it moves without one. */
  readonly server: { readonly id: string; readonly name: string };
  readonly disks: readonly DiskOrigin[];
  /** Its own ports first, then subports and trunks. */
  readonly ports: readonly Ref[];
  /** And what other floating IPs forward to it. */
  readonly floatingIps: readonly Ref[];
  readonly probe: string | undefined;
  /**
   * `was`: whether the source server ran just before it was stopped; `built`: what stands already,
   * by ref.
   */
  readonly learned: {
    readonly was?: ServerState['power'];
    readonly built?: Readonly<Record<string, string>>;
    /** By disk: what its guest depends on, where the frozen disk tells it. */
    readonly snapshots?: Readonly<Record<string, { readonly properties?: Readonly<Record<string, string>> }>>;
  };
}

/** What was built: the destination's id, and what the destination chose. */
export interface BuiltHere {
  readonly id: string;
  readonly detail?: Readonly<Record<string, string>> | undefined;
}

/** What the destination half learns: destination ids by ref, and what the destination chose. */
export interface LearnedOnArrival {
  readonly built: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * What a move learned of one resource after its capture. `power`: whether a server ran just before
 * it was stopped; `properties`: what the guest of a disk depends on.
 */
export interface LearnedOfOne {
  readonly power?: ServerState['power'] | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/**
 * The destination of one campaign: the sender asks its receiver, the import of a bundle does it
 * itself. Servers go by their source id.
 */
export interface Destination {
  /**
   * Builds one resource and returns when it is usable. MUST build it once, however often it is
   * asked. `learned`: of it, since the capture.
   */
  ensure(ref: Ref, signal: AbortSignal, learned?: LearnedOfOne): Promise<BuiltHere>;
  /** Removes one resource and waits until it is gone. MUST NOT remove what others created. */
  remove(ref: Ref, signal: AbortSignal): Promise<void>;
  /** Looks once whether the new server runs and answers its probe; `says` why not. */
  health(
    server: string,
    probe: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly healthy: boolean; readonly says: string }>;
  /** Notes durably that the server has arrived. */
  completed(server: string, signal: AbortSignal): Promise<void>;
}

/** How long a new server may take. */
interface ServerTimeouts {
  /** Seconds until it runs. */
  readonly build_timeout_seconds: number;
  /** Seconds its probe may fail before it counts as unhealthy. */
  readonly probe_timeout_seconds: number;
}

/** What the phases of the destination half work with. */
export interface DestinationTools {
  readonly destination: Destination;
  /**
   * Throws where the source server may be running, because the same machine MUST NOT run twice; or
   * where a lone volume or image may have changed since it was frozen.
   */
  readonly mustBeStopped: (server: string, signal: AbortSignal) => Promise<void>;
  /**
   * Throws where the source server cannot run again: the new one then may be the only copy. Absent
   * where the source cannot be asked.
   */
  readonly mustBeAbleToReturn?: (server: string, signal: AbortSignal) => Promise<void>;
  /**
   * Looks again at a port or floating IP that was built before the stop, and mends it; null where
   * that is not known. Absent where nothing was.
   */
  readonly prepare?: (ref: Ref, signal: AbortSignal) => Promise<BuiltHere | null>;
  /** Copies the wrong blocks of a server's disks again; absent where the source cannot be asked. */
  readonly copyAgain?: (server: string, signal: AbortSignal) => Promise<void>;
  readonly options: ServerTimeouts;
  readonly signal: AbortSignal;
}
