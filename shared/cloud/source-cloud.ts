import type { BlockSource } from '../disk/block-source.ts';
import type { Concern } from '../model/concern.ts';
import type { Configurations } from '../model/configurations.ts';
import type { Power, Resource, ResourceOf } from '../model/resource.ts';
import type { Patience } from './patience.ts';

/**
 * What to capture: a project's servers (all, or the named ones; of them those of the users and with
 * one of the tags that are given) and everything they need. Names and ids are both accepted.
 */
export interface Selection {
  readonly project?: string | undefined;
  /** Empty: every server of the project. */
  readonly servers: readonly string[];
  /** The users who created them; all users if absent. */
  readonly users?: readonly string[] | undefined;
  /** The servers' own tags; one match is enough. */
  readonly tags?: readonly string[] | undefined;
  /** Volumes that no server has. Where these or images alone are named, no server is meant. */
  readonly volumes?: readonly string[] | undefined;
  readonly images?: readonly string[] | undefined;
  /** Whether the images of a whole project stay behind; else they move with it. */
  readonly withoutImages?: boolean | undefined;
  /** Whether snapshots of the volumes that move become volumes of their own. */
  readonly withVolumeSnapshots?: boolean | undefined;
}

/** Whether a selection takes a project as a whole, with what none of its servers uses. */
export function takesWhole({ servers, users = [], tags = [], volumes = [], images = [] }: Selection): boolean {
  return servers.length + users.length + tags.length + volumes.length + images.length === 0;
}

/**
 * A source server as it is now. `word`, `busy` and `fault` are the cloud's own words, for people:
 * what they say decides nothing.
 */
export interface ServerState {
  readonly power: Power;
  /** The cloud's name for the state behind `power`. */
  readonly word: string;
  /** What the cloud is doing with it at the moment; null while it is idle. */
  readonly busy: string | null;
  readonly locked: boolean;
  /** Whether the cloud says that its host is down, and so does nothing that is asked of it. */
  readonly isHostDown: boolean;
  /** The cloud's error message; null if there is none. */
  readonly fault: string | null;
  /**
   * Opaque, compared for equality only. MUST differ from every earlier one of a server that has run
   * since; may differ for other reasons too.
   */
  readonly generation: string;
}

/** A volume that no server had when it was captured, or an image, as it is now. */
export interface LoneState {
  /** As a capture describes it, without the specs of its type. */
  readonly resource: ResourceOf<'volume'> | ResourceOf<'image'>;
  /** Whether it can be read, and nothing writes to it: no server, and no work of the cloud. */
  readonly isFree: boolean;
  /** The cloud's name for its state. */
  readonly word: string;
  /**
   * Opaque, compared for equality only. MUST differ from every earlier one of a volume that was
   * attached since, and of an image with other bytes; may differ for other reasons too.
   */
  readonly generation: string;
}

/** What a cloud recorded of a server; nothing where it keeps this to itself. */
export interface Recorded {
  /** It was told something after which it may have run. */
  readonly mayRun: boolean;
  /** Its disk was replaced: what the server held is no longer there. */
  readonly replaced: boolean;
}

/** An interface whose port the credentials may not read; `says`: its addresses and network. */
export interface UnseenInterface {
  readonly mac: string;
  readonly says: string;
}

/**
 * One server as it is now, and what its owner may change beside it, described as a capture does. A
 * flavor has the id that the server tells, not that of a flavor list.
 */
export interface Recaptured {
  readonly server: ResourceOf<'server'>;
  readonly flavor: ResourceOf<'flavor'>;
  /** Whether the server tells the extra specs of its flavor. */
  readonly areSpecsKnown: boolean;
  readonly unseen: readonly UnseenInterface[];
  /** Its ports, and the subports of their trunks. */
  readonly ports: readonly ResourceOf<'port'>[];
  readonly trunks: readonly ResourceOf<'trunk'>[];
  readonly floatingIps: readonly ResourceOf<'floating_ip'>[];
  /** What is forwarded to one of these ports. */
  readonly forwardings: readonly ResourceOf<'port_forwarding'>[];
  /** Its volumes, without the specs of their types. */
  readonly volumes: readonly ResourceOf<'volume'>[];
  /** The servers that have each of its volumes, by id: it, and others that may write to it. */
  readonly holders: readonly { readonly volume: string; readonly servers: readonly string[] }[];
}

/**
 * What a snapshot is made for. `attempt` counts the moves of one server in one campaign, from 1.
 */
export interface Stamp {
  readonly campaign: string;
  readonly attempt: number;
}

/** What a checkpoint is made for: `round` counts the rounds of one attempt, from 1. */
export interface RoundStamp extends Stamp {
  readonly round: number;
}

/**
 * A copy of a disk that the source cloud keeps. `size`: bytes stored, of `format` (`raw`, `qcow2`);
 * `stored`: an image of the project itself, whose stored bytes are read as they are.
 */
export interface Snapshot {
  readonly id: string;
  /** The id of the disk it freezes. */
  readonly disk: string;
  /**
   * Which round of a warm move it is a checkpoint for; 0: the disk of the stopped server, the only
   * one that is the truth.
   */
  readonly round: number;
  readonly format: string;
  readonly size: number;
  /** Of a stopped server's disk: what its guest depends on, which its image may lack. */
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * The cloud we move away from. It can stop, start and snapshot; no method destroys what we did not
 * make. Every method MAY be repeated, and MUST be correct after a call whose answer was lost.
 */
export interface SourceCloud {
  /**
   * Everything the selection holds and needs, with `needs` filled in; concerns are things that
   * cannot be captured or moved.
   */
  inventory(selection: Selection, signal: AbortSignal): Promise<{ document: Configurations; concerns: readonly Concern[] }>;
  /**
   * Reads one server again for a comparison with its capture. MUST be quick, because the server may
   * be stopped meanwhile. Throws E_NOT_FOUND.
   */
  recapture(serverId: string, signal: AbortSignal): Promise<Recaptured>;
  /**
   * The volumes of a server that a snapshot may cost it, in words: `freeze` and `checkpoint` MUST
   * NOT be asked for these unless somebody accepted it. Throws E_NOT_FOUND.
   */
  riskyVolumes(serverId: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Whether a stopped server may have run since a generation: more exact than comparing two of
   * them, for a lock or a backup changes it too. MUST be true where that cannot be told. Throws
   * E_NOT_FOUND.
   */
  mayHaveRunSince(serverId: string, generation: ServerState['generation'], signal: AbortSignal): Promise<boolean>;
  /** What the cloud recorded of a server since a generation; of one that is gone, nothing. */
  recordedSince(serverId: string, generation: ServerState['generation'], signal: AbortSignal): Promise<Recorded>;
  state(serverId: string, signal: AbortSignal): Promise<ServerState>;
  /** Reads a lone volume or an image. Throws E_NOT_FOUND. */
  loneState(kind: 'volume' | 'image', id: string, signal: AbortSignal): Promise<LoneState>;
  /**
   * Stops a server and waits until it is seen stopped; one that is stopped already is left so.
   * Throws E_SERVER_STATE, E_SERVER_FAULT, E_CLOUD_TIMEOUT.
   */
  stop(serverId: string, patience: Patience): Promise<void>;
  /** Starts a server and waits until it runs; one that runs is left so. */
  start(serverId: string, patience: Patience): Promise<void>;
  /**
   * Freezes a stopped server's disk, or that of a volume which no server has. MUST return the
   * snapshot of an earlier call for the same disk, campaign and attempt, but no earlier attempt's
   * and no checkpoint: the server may have run since, and its writes would be lost.
   */
  freeze(disk: ResourceOf<'disk'>, stamp: Stamp, patience: Patience): Promise<Snapshot>;
  /**
   * Snapshots a running server's disk for a round of a warm move: at best crash-consistent. MUST
   * return what an earlier call for the same disk, campaign, attempt and round made. Throws
   * E_SERVER_STATE, E_SERVER_FAULT, E_CLOUD_TIMEOUT.
   */
  checkpoint(disk: ResourceOf<'disk'>, stamp: RoundStamp, patience: Patience): Promise<Snapshot>;
  /**
   * Makes a snapshot readable as the guest sees it; `folder` exists and is ours to fill. What an
   * earlier call left there MUST be verified before use. `onBytes` hears bytes fetched so far.
   */
  open(
    snapshot: Snapshot,
    folder: string,
    signal: AbortSignal,
    onBytes?: (bytes: number, total: number) => void,
  ): Promise<BlockSource>;
  /**
   * Deletes a snapshot that `freeze` or `checkpoint` made for a campaign; MUST refuse (E_FORBIDDEN)
   * any that does not carry this campaign's stamp. Absent is fine.
   */
  release(snapshotId: string, campaign: string, signal: AbortSignal): Promise<void>;
  /**
   * Every snapshot in the source that carries this campaign's stamp, of whatever attempt and round,
   * so that none is ever left behind.
   */
  snapshots(campaign: string, signal: AbortSignal): Promise<readonly Snapshot[]>;
  /**
   * The attributes of a captured resource that are carried, in canonical form: what a destination
   * is held against.
   */
  portrait(resource: Resource): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/**
 * A source server, or a volume that no server has, when its disk was frozen: for which campaign,
 * and its generation then; undefined where nobody noted it.
 */
export interface Frozen {
  readonly campaign: string;
  readonly generation: string | undefined;
}

/**
 * What may be done to the source, after commit only; only the commit phase opens it. `retire` and
 * `destroy` MUST read the server first and refuse (E_SERVER_STATE) one that is not stopped and
 * idle, or may have run since it was frozen: the destination lacks its writes. So it is with a
 * volume that something uses, or has used since. Absent is fine.
 */
export interface SourceRetirement {
  /**
   * Logs in and reads a server that is to be ended, and changes nothing: who cannot do that must
   * know it before a commit. Absent is fine. MUST refuse (E_AUTH) credentials that do not lead to
   * the project that was captured: every server would seem to be gone. Throws E_FORBIDDEN and the
   * like.
   */
  check(serverId: string, project: string, signal: AbortSignal): Promise<void>;
  /**
   * Marks a moved server (tag `godwit-moved`) and locks it, so that nobody starts the same machine
   * twice.
   */
  retire(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void>;
  /** Deletes a moved server, on the operator's explicit request. */
  destroy(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void>;
  /** Marks a moved volume that no server has, so that a later capture leaves it out. */
  retireVolume(volumeId: string, frozen: Frozen, signal: AbortSignal): Promise<void>;
  /** Marks a moved image likewise. None is ever deleted: servers that stay may need it. */
  retireImage(imageId: string, frozen: Frozen, signal: AbortSignal): Promise<void>;
  /** Deletes a moved volume that no server has, on the operator's explicit request. */
  destroyVolume(volumeId: string, frozen: Frozen, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
