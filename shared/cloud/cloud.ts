import type { BlockSource } from '../disk/block-source.ts';
import type { Concern, Decision } from '../model/concern.ts';
import type { Configurations } from '../model/configurations.ts';
import type { Mappings } from '../model/mappings.ts';
import type { Kind, Power, Ref, Resource, ResourceOf } from '../model/resource.ts';
import type { CloudFacts } from './facts.ts';

/** Limits of one wait: every wait ends by success, by failure, by its limit or by the signal. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What to capture: a project's servers (all, or the named ones; of them those of the users and with one of the tags that are given) and everything they need. Names and ids are both accepted. */
export interface Selection {
  readonly project?: string | undefined;
  /** Empty: every server of the project. */
  readonly servers: readonly string[];
  /** Who created them; anybody without it. */
  readonly users?: readonly string[] | undefined;
  /** The servers' own tags; any of these will do. */
  readonly tags?: readonly string[] | undefined;
}

/** Whether a selection takes a project as a whole, with what none of its servers uses. */
export function takesWhole({ servers, users = [], tags = [] }: Selection): boolean {
  return servers.length + users.length + tags.length === 0;
}

/** A source server as it is now. `word`, `busy` and `fault` are the cloud's own words, for people: what they say decides nothing. */
export interface ServerState {
  readonly power: Power;
  /** The cloud's name for the state behind `power`. */
  readonly word: string;
  /** What the cloud is doing with it at the moment; null while it is idle. */
  readonly busy: string | null;
  readonly locked: boolean;
  /** What went wrong; null where nothing did. */
  readonly fault: string | null;
  /** Opaque, compared for equality only. MUST differ from every earlier one of a server that has run since; may differ for other reasons too. */
  readonly generation: string;
}

/** What a snapshot is made for. `attempt` counts the moves of one server in one campaign, from 1. */
export interface Stamp {
  readonly campaign: string;
  readonly attempt: number;
}

/** What a checkpoint is made for: `round` counts the rounds of one attempt, from 1. */
export interface RoundStamp extends Stamp {
  readonly round: number;
}

/** A copy of a disk that the source cloud keeps. `size`: bytes stored, of `format` (`raw`, `qcow2`). */
export interface Snapshot {
  readonly id: string;
  /** The id of the disk it freezes. */
  readonly disk: string;
  /** Which round of a warm move it is a checkpoint for; 0: the disk of the stopped server, the only one that is the truth. */
  readonly round: number;
  readonly format: string;
  readonly size: number;
}

/**
 * The cloud we move away from. It can stop, start and snapshot, nothing else: there is no verb here that destroys what we did not make.
 * Every method MAY be repeated, and MUST be correct after a call whose answer was lost.
 */
export interface SourceCloud {
  /** Everything the selection holds and needs, with `needs` filled in; concerns are things that cannot be captured or moved. */
  inventory(selection: Selection, signal: AbortSignal): Promise<{ document: Configurations; concerns: readonly Concern[] }>;
  state(serverId: string, signal: AbortSignal): Promise<ServerState>;
  /** Stops a server and waits until it is seen stopped; one that is stopped already is left so. Throws E_SERVER_STATE, E_SERVER_FAULT, E_CLOUD_TIMEOUT. */
  stop(serverId: string, patience: Patience): Promise<void>;
  /** Starts a server and waits until it runs; one that runs is left so. */
  start(serverId: string, patience: Patience): Promise<void>;
  /**
   * Freezes a stopped server's disk. MUST find and return the snapshot an earlier call for the same disk, campaign and attempt made, and MUST NOT return one of
   * an earlier attempt, or a checkpoint: the server may have run since, and its writes would be lost.
   */
  freeze(disk: ResourceOf<'disk'>, stamp: Stamp, patience: Patience): Promise<Snapshot>;
  /**
   * Snapshots a disk while its server runs, and leaves the server running: a head start for a warm move, as consistent as after a power cut at best, never the
   * truth. MUST find and return what an earlier call for the same disk, campaign, attempt and round made. Throws E_SERVER_STATE, E_SERVER_FAULT, E_CLOUD_TIMEOUT.
   */
  checkpoint(disk: ResourceOf<'disk'>, stamp: RoundStamp, patience: Patience): Promise<Snapshot>;
  /** Makes a snapshot readable as the guest sees it; `folder` exists and is ours to fill. What an earlier call left there MUST be verified before use. `onBytes` hears bytes fetched so far. */
  open(
    snapshot: Snapshot,
    folder: string,
    signal: AbortSignal,
    onBytes?: (bytes: number, total: number) => void,
  ): Promise<BlockSource>;
  /** Deletes a snapshot that `freeze` or `checkpoint` made; MUST refuse (E_FORBIDDEN) any that does not carry our stamp. Absent is fine. */
  release(snapshotId: string, signal: AbortSignal): Promise<void>;
  /** Every snapshot in the source that carries this campaign's stamp, of whatever attempt and round, so that none is ever left behind. */
  snapshots(campaign: string, signal: AbortSignal): Promise<readonly Snapshot[]>;
  close(): Promise<void>;
}

/** What a source server was when its disk was frozen: for which campaign, and its generation then; undefined where nobody noted it. */
export interface Frozen {
  readonly campaign: string;
  readonly generation: ServerState['generation'] | undefined;
}

/**
 * What may be done to the source after commit, and only then; opened by nothing but the commit phase. Both verbs MUST read the server first and refuse
 * (E_SERVER_STATE) one that is not stopped and idle, or may have run since it was frozen: it has written what the destination lacks. Absent is fine.
 */
export interface SourceRetirement {
  /** Marks a moved server (tag `godwit-moved`) and locks it, so that nobody starts the same machine twice. */
  retire(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void>;
  /** Deletes a moved server, on the operator's explicit request. */
  destroy(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What was built for a resource. `found`: an earlier call had created it. Only `created` and `found` are ours to remove. */
export interface Built {
  readonly id: string;
  readonly how: 'created' | 'adopted' | 'found';
  /** What the destination chose, for reports: `{ address: '172.24.4.9' }`. */
  readonly detail?: Readonly<Record<string, string>> | undefined;
}

/** What a destination is told beside the resource itself. */
export interface BuildContext extends Patience {
  readonly campaign: string;
  readonly mappings: Mappings;
  /** The destination's id of a source ref; throws when it was not built. */
  built(ref: Ref): string;
  /** The resource of a source ref, from the document. */
  resource(ref: Ref): Resource;
  /** Whether the ledger says that this campaign meant to create it when nothing stood in its place: what is equal and carries no stamp is then that. */
  readonly claimed?: boolean | undefined;
  /** The verified bytes of a disk, for kind `disk`. */
  readonly disk?: BlockSource | undefined;
  /** Hears bytes uploaded so far, for kind `disk`. */
  readonly onBytes?: ((bytes: number, total: number) => void) | undefined;
}

/** An image of the destination that is said to hold the same bytes as one of the source. That is a hint: every block of it is compared before it is used. */
export interface Donor {
  /** The destination's id. */
  readonly id: string;
  /** The id of the source's image. */
  readonly image: string;
  /** Bytes stored. */
  readonly size: number;
}

/**
 * The cloud we move to. `ensure` may be repeated: the same resource always yields the same thing, even when the answer of the call that created it was lost.
 * Whatever is created carries a stamp (campaign and source ref), and nothing without that stamp and the ledger's word is ever removed.
 */
export interface DestinationCloud {
  /**
   * The kinds it can build, always the same; an image is only a reference and never among them. Resources of other kinds are left out before this cloud hears
   * of them: a server then MUST be built without its flavor by its own size, and without a key.
   */
  readonly kinds: ReadonlySet<Kind>;
  facts(signal: AbortSignal): Promise<CloudFacts>;
  /** What would stand in the way of building these resources, of kinds it can build, and what would be created, adopted or skipped. MUST NOT write. */
  preflight(
    resources: readonly Resource[],
    mappings: Mappings,
    signal: AbortSignal,
  ): Promise<{ concerns: readonly Concern[]; decisions: readonly Decision[] }>;
  /** Builds, adopts or finds one resource whose needs are built, and returns when it is ready for use. */
  ensure(resource: Resource, context: BuildContext): Promise<Built>;
  /** The id of what an earlier `ensure` of this campaign created for a resource, by its stamp alone; null when there is nothing. MUST NOT write. Rollback asks it for what was intended and never confirmed. */
  find(resource: Resource, context: BuildContext): Promise<string | null>;
  /** Whether something without a stamp stands where `ensure` would create; false for every kind that carries stamps, which need no such look. MUST NOT write. The ledger notes the answer before the first `ensure`. */
  occupied(resource: Resource, signal: AbortSignal): Promise<boolean>;
  /** Every way in which the built thing differs from the wanted, in sentences; empty when it is equal. Given a disk's bytes, also whether the cloud says that it stores these. */
  differences(resource: Resource, id: string, context: BuildContext): Promise<readonly string[]>;
  /** Whether a server runs and, with a probe, answers; `says` is for people. One look, no waiting. */
  healthy(serverId: string, probe: string | undefined, signal: AbortSignal): Promise<{ healthy: boolean; says: string }>;
  /** Removes what `ensure` built, and returns when it is gone. Absent is fine (false). MUST refuse (E_FORBIDDEN) what does not carry the campaign's stamp where the cloud can carry one. */
  remove(ref: Ref, id: string, campaign: string, patience: Patience): Promise<boolean>;
  /**
   * The images here that hold, by both clouds' digests, what images of the source hold: blocks of theirs need not cross the link. MUST name
   * only what this project may use, whatever else the credentials can see, and nothing that a campaign made: those are disks, and maybe another
   * tenant's. MUST NOT write. Absent: there are no donors.
   */
  donors?(images: readonly ResourceOf<'image'>[], signal: AbortSignal): Promise<readonly Donor[]>;
  /** Makes an image readable as the guest sees it, in a folder that exists and is ours to fill, as `SourceCloud.open` does for a snapshot. MUST NOT write to the cloud. */
  openImage?(
    imageId: string,
    folder: string,
    signal: AbortSignal,
    onBytes?: (bytes: number, total: number) => void,
  ): Promise<BlockSource>;
  close(): Promise<void>;
}
