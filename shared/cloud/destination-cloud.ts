import type { BlockSource } from '../disk/block-source.ts';
import type { Concern, Decision } from '../model/concern.ts';
import type { Mappings } from '../model/mappings.ts';
import type { Replaced } from '../model/replaced.ts';
import type { Kind, Ref, Resource, ResourceOf } from '../model/resource.ts';
import type { CloudFacts } from './facts.ts';
import type { Patience } from './patience.ts';

/**
 * What was built for a resource. `found`: an earlier call had created it. Only `created` and
 * `found` are ours to remove.
 */
export interface Built {
  readonly id: string;
  readonly how: 'created' | 'adopted' | 'found';
  /**
   * What the destination chose, for reports: `{ address: '172.24.4.9' }`. A port and a floating IP
   * MUST have `address`, with blanks between several: only there is a new server probed.
   */
  readonly detail?: Readonly<Record<string, string>> | undefined;
}

/** How a built resource differs from the wanted one, in sentences. */
export interface Differences {
  /** A guest or its network would not be as it was: the build fails. */
  readonly fatal: readonly string[];
  /** What harms no guest: it is reported, and stops nothing. */
  readonly told: readonly string[];
}

/** How one attribute of what was built was found when it was compared. */
export interface HeardAttribute {
  /** Our field. */
  readonly attribute: string;
  /**
   * `unread`: the answer lacks it. `unset`: the source has not set it, and the cloud does not know
   * it. `left`: the source's value is unknown, and the cloud chose.
   */
  readonly is: 'equal' | 'different' | 'unread' | 'unset' | 'left';
  /** In canonical form, with the ids of the destination. */
  readonly value: unknown;
}

/**
 * How one attribute of a resource stands to the source's. `mapped`: the plan, or what was built
 * before it, says what it is, and it is that. `severity`, of what differs: `serious` if a guest or
 * its network depends on it.
 */
export interface AttributeVerdict {
  /** Our field, or what is compared beside the fields; `*`: the whole resource. */
  readonly attribute: string;
  readonly is: 'equal' | 'mapped' | 'unread' | 'different';
  readonly severity?: 'serious' | 'minor' | undefined;
  /** How it differs, in sentences. */
  readonly says?: readonly string[] | undefined;
}

/** A built resource held against the source's, attribute by attribute. */
export interface Likeness {
  readonly verdicts: readonly AttributeVerdict[];
  /**
   * SHA-256 of the carried attributes in canonical form, equal to the source's where they are; null
   * where they were not read.
   */
  readonly digest: string | null;
}

/** Something in what was built that nobody of ours put there. */
export interface ForeignPart {
  /** What it is in. */
  readonly ref: Ref;
  readonly says: string;
}

/** What was built of a document. */
export interface BuiltThings {
  /** The destination's id of what was built for a ref; null where nothing was. */
  idOf(ref: Ref): string | null;
  /** Whether something was built under an id of the destination. */
  has(id: string): boolean;
}

/**
 * A built server and the volumes that were built for it, by the ids of the destination; null: of
 * a lone volume or image.
 */
export interface BuiltServer {
  readonly id: string | null;
  readonly image?: string;
  readonly volumes: readonly string[];
}

/** What one look at a built server showed; `says` is for people. */
export interface Health {
  readonly healthy: boolean;
  readonly says: string;
  /** Whether it, or a volume of it, is gone or in ERROR: its owner has it no longer. */
  readonly lost?: boolean | undefined;
}

/** What was built and read back: how it differs from the wanted one. */
export interface Compared extends Built {
  readonly differences: Differences;
}

/** What a builder receives besides the resource. */
export interface BuildContext extends Patience {
  readonly campaign: string;
  readonly mappings: Mappings;
  /** The destination's id of a source ref; throws when it was not built. */
  built(ref: Ref): string;
  /** The resource of a source ref, from the document. */
  resource(ref: Ref): Resource;
  /** Every resource of the document. */
  resources(): readonly Resource[];
  /**
   * Whether the ledger says that this campaign began to create it where there was nothing: an equal
   * resource without a stamp is then the one that it created.
   */
  readonly claimed?: boolean | undefined;
  /** What the ledger notes that this replaces. */
  readonly replaced?: Replaced | undefined;
  /** The verified bytes of a disk, for kind `disk`. */
  readonly disk?: BlockSource | undefined;
  /** Hears of each carried attribute that is compared. */
  readonly onCompared?: ((heard: HeardAttribute) => void) | undefined;
  /** Receives the number of bytes uploaded so far, for kind `disk`. */
  readonly onBytes?: ((bytes: number, total: number) => void) | undefined;
}

/**
 * An image of the destination that is said to hold the same bytes as one of the source. That is a
 * hint: every block of it is compared before it is used.
 */
export interface DonorImage {
  /** The destination's id. */
  readonly id: string;
  /** The id of the source's image. */
  readonly image: string;
  /** Bytes stored. */
  readonly size: number;
}

/**
 * The cloud we move to. `ensure` MAY be repeated and yields the same resource, even after a lost
 * answer. What is created carries a stamp (campaign and source ref); nothing without the stamp and
 * the ledger's record is ever removed.
 */
export interface DestinationCloud {
  /**
   * The kinds it can build, a constant; an image is only a reference and never among them. Other
   * kinds are left out first: a server MUST then be built from its own size, without flavor and
   * key.
   */
  readonly kinds: ReadonlySet<Kind>;
  /**
   * The kinds that carry no stamp: for them `occupied` is asked. Absent: every kind carries one.
   */
  readonly unstamped?: ReadonlySet<Kind>;
  facts(signal: AbortSignal): Promise<CloudFacts>;
  /**
   * Where the credentials lead, in words with an id: a project, for instance. What was built in one
   * place is not seen from another. Absent: there is only one.
   */
  place?(signal: AbortSignal): Promise<string>;
  /**
   * What would stand in the way of building these resources, of kinds it can build, and what would
   * be created, adopted or skipped. MUST NOT write.
   */
  preflight(
    resources: readonly Resource[],
    mappings: Mappings,
    signal: AbortSignal,
  ): Promise<{ concerns: readonly Concern[]; decisions: readonly Decision[] }>;
  /**
   * Builds, adopts or finds one resource whose needs are built; returns when it is ready for use,
   * and has been compared with the wanted one.
   */
  ensure(resource: Resource, context: BuildContext): Promise<Compared>;
  /**
   * Builds of a server's port or floating IP what neither the server nor its clients notice, while
   * it runs at the source; both clouds may reach the same networks. True where `ensure` goes
   * unnoticed, too, and may follow at once if all that it needs is built; false where it MUST wait
   * for the stop. MAY be repeated. Absent: everything waits.
   */
  prepare?(resource: Resource, context: BuildContext): Promise<boolean>;
  /**
   * The id of what this campaign created for a resource, by its stamp alone, or null. MUST NOT
   * write. Rollback asks for what the ledger intended and never confirmed.
   */
  find(resource: Resource, context: BuildContext): Promise<string | null>;
  /**
   * Whether a resource without a stamp exists where `ensure` would create; false for kinds that
   * carry stamps. MUST NOT write. The ledger notes the answer before the first `ensure`.
   */
  occupied(resource: Resource, context: BuildContext): Promise<boolean>;
  /**
   * What `ensure` would replace; absent, or undefined, where it creates. MUST NOT write. The ledger
   * notes it before the first `ensure`, and gives it to `remove`, which puts back what nobody
   * changed meanwhile.
   */
  replaces?(resource: Resource, context: BuildContext): Promise<Replaced | undefined>;
  /**
   * The differences of the built resource, as it is read now, from the wanted one. Given a disk's
   * bytes, also whether the cloud says that it stores these.
   */
  differences(resource: Resource, id: string, context: BuildContext): Promise<Differences>;
  /** The same, attribute by attribute, with those that are equal. MUST NOT write. */
  likeness(resource: Resource, id: string, context: BuildContext): Promise<Likeness>;
  /**
   * What is in some built resources and was not built: rules in a group, subnets in a network. MUST
   * NOT write. Absent: it is not looked for.
   */
  strangers?(refs: readonly Ref[], things: BuiltThings, signal: AbortSignal): Promise<readonly ForeignPart[]>;
  /**
   * Whether a server runs and, with a probe, answers; `says` is for people. One look, no waiting.
   */
  healthy(server: BuiltServer, probe: string | undefined, signal: AbortSignal): Promise<Health>;
  /**
   * Removes what `ensure` built, and returns when it is gone. Absent is fine (false). MUST refuse
   * (E_FORBIDDEN) what does not carry the campaign's stamp where the cloud can carry one.
   */
  remove(ref: Ref, id: string, campaign: string, patience: Patience, replaced?: Replaced): Promise<boolean>;
  /**
   * Whether something of the network side, or a flavor, still exists in the place to which the
   * credentials lead. MUST NOT write.
   */
  isThere(ref: Ref, id: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Removes what this campaign made a second time: a request whose answer was lost went on when
   * another had been sent. `built`: the resources that stay, by the refs of the ledger. Returns how
   * many it removed; MAY be repeated.
   */
  sweep(campaign: string, built: ReadonlyMap<Ref, string>, patience: Patience): Promise<number>;
  /**
   * Takes the campaign's stamp from what `ensure` built, once it is committed; nothing else of it
   * changes. Absent is fine, and so is one without a stamp.
   */
  unstamp(ref: Ref, id: string, campaign: string, patience: Patience): Promise<void>;
  /**
   * Images with the digest of a source image, whose blocks need no transfer. MUST name only what
   * this project may use and no campaign made: such a disk may be another tenant's. MUST NOT write.
   * Absent: no donors.
   */
  donors?(images: readonly ResourceOf<'image'>[], signal: AbortSignal): Promise<readonly DonorImage[]>;
  /**
   * Makes an image readable as the guest sees it, in a folder that exists and is ours to fill, as
   * `SourceCloud.open` does for a snapshot. MUST NOT write to the cloud.
   */
  openImage?(
    imageId: string,
    folder: string,
    signal: AbortSignal,
    onBytes?: (bytes: number, total: number) => void,
  ): Promise<BlockSource>;
  close(): Promise<void>;
}
