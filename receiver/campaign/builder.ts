import type {
  BuildContext,
  Built,
  BuiltThings,
  DestinationCloud,
  ForeignPart,
  Likeness,
} from '../../shared/cloud/destination-cloud.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import type { LearnedOfOne } from '../../shared/journey/destination.ts';
import { inBuildOrder } from '../../shared/model/build-order.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { noMappings } from '../../shared/model/mappings.ts';
import { networkSideOf } from '../../shared/model/network-side.ts';
import type { Replaced } from '../../shared/model/replaced.ts';
import { type Kind, type Ref, type Resource, type ResourceOf, refOf, registeredAs } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { Disks } from '../disks/disks.ts';
import { batchesOf } from './batches.ts';
import { untold, withDifferences } from './differs.ts';
import type { Ledger } from './ledger.ts';
import { type IsThere, looksFor } from './place.ts';
import { Removals } from './removals.ts';
import type { Use } from './used-by.ts';
import { withLearned } from './with-learned.ts';

/** Limit of one build, so that a cloud that never answers is noticed: milliseconds. */
const buildTimeoutMs = 30 * 60_000;

/** Limit of the import of a disk or volume, whose duration depends on its bytes: milliseconds. */
const importTimeoutMs = 24 * 3_600_000;

/** Resources that are built side by side at the most. */
const atOnce = 4;

/** Reports that a resource is built. */
export type OnBuilt = (ref: Ref, built: Built) => void;

/** The network side as it stands: how many of each kind, and what the cloud chose, by ref. */
export interface NetworkSide {
  readonly counts: Readonly<Record<string, number>>;
  readonly details: Readonly<Record<string, NonNullable<Built['detail']>>>;
}

/** What a builder needs. */
export interface BuilderTools {
  readonly campaign: string;
  readonly ledger: Ledger;
  readonly disks: Disks;
  readonly cloud: () => Promise<DestinationCloud>;
  /** Throws where it does not build in a place. `made`: looks for what was built. */
  readonly mustBuildHere: (place: string, made: () => readonly IsThere[]) => Promise<void>;
  /** Whether another campaign made a thing, or may have made it. */
  readonly isMadeByAnother: (kind: Kind, id: string) => Promise<boolean>;
  /** Throws where nothing may be built any more. */
  readonly mustGoOn: () => void;
  /** Hears of a resource that has left the ledger. */
  readonly onRemoved: (ref: Ref) => void;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Builds and removes the resources of one campaign, each once, and keeps the ledger. */
export class Builder {
  readonly #tools: BuilderTools;
  readonly #ledger: Ledger;
  /** What is being built now: a repeated request waits for it instead of building twice. */
  readonly #building = new Map<Ref, Promise<Built>>();
  readonly #preparing = new Map<Ref, Promise<Built | null>>();
  readonly #removals = new Removals();
  #document: Configurations | null = null;
  #resources = new Map<Ref, Resource>();

  constructor(tools: BuilderTools) {
    this.#tools = tools;
    this.#ledger = tools.ledger;
  }

  /** The document whose resources are built; null before there is one. */
  get document(): Configurations | null {
    return this.#document;
  }

  adopt(document: Configurations): void {
    this.#document = document;
    this.#resources = new Map(resourcesOf(document).map((resource) => [refOf(resource.kind, resource.id), resource]));
  }

  /** Throws E_UNSUPPORTED where a document holds what this destination cannot build. */
  async mustSupport(document: Configurations): Promise<void> {
    const { kinds } = await this.#tools.cloud();
    const isReference = (one: Resource): boolean => one.kind === 'image' && one.disk_id === null;
    const other = resourcesOf(document).find((one) => !isReference(one) && !kinds.has(one.kind));
    if (other === undefined) return;
    const about = refOf(other.kind, other.id);
    throw new Problem('E_UNSUPPORTED', `The destination cannot build ${about}, nor anything else of its kind.`, { about });
  }

  /** A resource of the document. Throws E_NOT_FOUND. */
  resource(ref: Ref): Resource {
    const resource = this.#resources.get(ref);
    if (resource === undefined)
      throw new Problem('E_NOT_FOUND', `${ref} is not in this campaign's configurations.json.`, { about: ref });
    return resource;
  }

  /** The disk whose bytes a resource is made of; null for one without bytes. */
  diskOf(resource: Resource): ResourceOf<'disk'> | null {
    if ((resource.kind === 'volume' || resource.kind === 'image') && resource.disk_id !== null)
      return this.resource(refOf('disk', resource.disk_id)) as ResourceOf<'disk'>;
    return resource.kind === 'disk' ? resource : null;
  }

  /** What a disk becomes at the destination: an image, or the volume whose bytes it is. */
  registeredAs(disk: string): Ref {
    const ref = refOf('disk', disk);
    const found = this.#resources.get(ref);
    return found?.kind === 'disk' ? registeredAs(found) : ref;
  }

  /** What a resource needs; nothing where no document tells. */
  needsOf(ref: Ref): readonly Ref[] {
    return this.#resources.get(ref)?.needs ?? [];
  }

  /** What moves under an id: a server, a volume that no server has, or an image. */
  unitOf(id: string): Ref {
    return [refOf('volume', id), refOf('image', id)].find((ref) => this.#resources.has(ref)) ?? refOf('server', id);
  }

  /** The destination's id of a built resource. Throws E_NOT_FOUND. */
  built(ref: Ref): string {
    const entry = this.#ledger.get(ref);
    if (entry?.state !== 'built')
      throw new Problem('E_NOT_FOUND', `${ref} has not been built at the destination.`, { about: ref });
    return entry.id;
  }

  /**
   * The addresses that the cloud gave the ports and floating IPs of a new server; those of the
   * document do not count.
   */
  addressesOf({ ports }: ResourceOf<'server'>): string[] {
    const own = new Set(ports);
    return [...this.#resources.values()].flatMap((resource) => {
      const port = resource.kind === 'port' ? resource.id : resource.kind === 'floating_ip' ? resource.port_id : null;
      if (port === null || !own.has(port)) return [];
      const entry = this.#ledger.get(refOf(resource.kind, resource.id));
      return entry?.state === 'built' ? (entry.detail?.['address']?.split(' ') ?? []) : [];
    });
  }

  /**
   * Builds of a server's port or floating IP what may be built while the server runs at the source;
   * null where something of it, or of what it needs, waits for the stop. What was built before is
   * looked at, and mended where somebody removed it since.
   */
  async prepare(ref: Ref): Promise<Built | null> {
    this.#tools.mustGoOn();
    const resource = this.resource(ref);
    if (resource.kind !== 'port' && resource.kind !== 'floating_ip') return null;
    await this.removed(ref);
    const preparing = this.#preparing.get(ref) ?? this.#prepare(resource).finally(() => this.#preparing.delete(ref));
    this.#preparing.set(ref, preparing);
    return preparing;
  }

  /**
   * Builds one resource, once: a ref that the ledger calls built is answered from there. `learned`:
   * what has changed since the capture.
   */
  async ensure(ref: Ref, learned: LearnedOfOne = {}): Promise<Built> {
    this.#tools.mustGoOn();
    await this.removed(ref);
    await this.#preparing.get(ref)?.catch(() => undefined);
    const entry = this.#ledger.get(ref);
    if (entry?.state === 'built') return { id: entry.id, how: entry.how, detail: entry.detail };
    return this.#buildOnce(withLearned(this.resource(ref), learned));
  }

  /** Builds what comes before any server, in order; side by side where the order allows it. */
  async buildNetworkSide(onBuilt: OnBuilt): Promise<NetworkSide> {
    const counts: Record<string, number> = {};
    const details: Record<string, NonNullable<Built['detail']>> = {};
    const first = new Set(this.#document === null ? [] : networkSideOf(this.#document).map(({ kind, id }) => refOf(kind, id)));
    const ordered = inBuildOrder([...this.#resources.values()]);
    const wanted = ordered.filter(({ kind, id }) => first.has(refOf(kind, id)));
    for (const batch of batchesOf(wanted)) {
      await inParallel(batch, atOnce, async ({ kind, id }) => {
        const ref = refOf(kind, id);
        const built = await this.ensure(ref);
        counts[kind] = (counts[kind] ?? 0) + 1;
        if (built.detail !== undefined) details[ref] = built.detail;
        onBuilt(ref, built);
      });
    }
    return { counts, details };
  }

  /** How many resources of the network side were adopted. */
  adoptedOnNetworkSide(): number {
    const refs =
      this.#document === null ? [] : networkSideOf(this.#document).map(({ kind, id }) => this.#ledger.get(refOf(kind, id)));
    return refs.filter((entry) => entry?.state === 'built' && entry.how === 'adopted').length;
  }

  /**
   * Deletes one resource if the ledger says that this campaign created it; returns false where it
   * created none. Where `wanted` aborts before the cloud is asked for it, the resource stays, and
   * the reason is thrown. `use`: what other campaigns leave to be removed of it.
   */
  remove(ref: Ref, wanted?: AbortSignal, use?: Use): Promise<boolean> {
    return this.#removals.run(ref, wanted, () => this.#remove(ref, wanted, use));
  }

  /** Resolves when no removal of a ref is under way any more, even after a failure. */
  removed(ref: Ref): Promise<void> {
    return this.#removals.ended(ref);
  }

  async #remove(ref: Ref, wanted: AbortSignal | undefined, use?: Use): Promise<boolean> {
    await this.#preparing.get(ref)?.catch(() => undefined);
    await this.#building.get(ref)?.catch(() => undefined);
    const entry = this.#ledger.get(ref);
    if (entry === undefined || entry.state === 'removed' || entry.state === 'released') return false;
    const id = entry.state === 'built' ? entry.id : await this.#find(this.resource(ref));
    const isOurs = use?.does !== 'leave' && (entry.state === 'intended' || entry.how !== 'adopted');
    const replaced = use?.does === 'remove' ? (use.replaced ?? entry.replaced) : entry.replaced;
    const removed = isOurs && id !== null && (await this.#removeFromCloud(ref, id, replaced, wanted));
    await this.#ledger.gone(ref);
    this.#tools.onRemoved(ref);
    return removed;
  }

  /** Removes what the cloud made a second time, beside what the ledger calls built. */
  async sweep(): Promise<void> {
    const { campaign, signal } = this.#tools;
    const entries = this.#ledger.entries().flatMap((entry) => (entry.state === 'built' ? [entry] : []));
    if (entries.length === 0) return;
    const cloud = await this.cloudHere();
    await cloud.sweep(campaign, new Map(entries.map(({ ref, id }) => [ref, id])), { timeoutMs: buildTimeoutMs, signal });
  }

  /**
   * Every difference between what was made of a disk and the disk, with its bytes where it is
   * given: how it differs from the source's was told when it was made.
   */
  async differencesOf(ref: Ref, id: string, disk: BlockSource | undefined): Promise<readonly string[]> {
    const entry = this.#ledger.get(ref);
    const built = entry?.state === 'built' ? entry : null;
    const resource = withLearned(this.resource(ref), { properties: built?.properties });
    const cloud = await this.cloudHere();
    const { fatal, told } = await cloud.differences(resource, id, { ...this.#context(resource), disk });
    return untold([...fatal, ...told], built?.detail);
  }

  /** What was built for a ref, held against the document by attribute. Throws E_NOT_FOUND. */
  async likenessOf(ref: Ref, power: LearnedOfOne['power'], signal: AbortSignal): Promise<Likeness> {
    const entry = this.#ledger.get(ref);
    const properties = entry?.state === 'built' ? entry.properties : undefined;
    const resource = withLearned(this.resource(ref), { power, properties });
    const cloud = await this.cloudHere();
    const either = AbortSignal.any([signal, this.#tools.signal]);
    return cloud.likeness(resource, this.built(ref), { ...this.#context(resource), signal: either });
  }

  /** What is in some built resources and was not built. */
  async strangersIn(refs: readonly Ref[], things: BuiltThings, signal: AbortSignal): Promise<readonly ForeignPart[]> {
    const cloud = await this.cloudHere();
    return (await cloud.strangers?.(refs, things, AbortSignal.any([signal, this.#tools.signal]))) ?? [];
  }

  /** Resolves when nothing is being built or removed any more, even after a failure. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#preparing.values(), ...this.#building.values(), this.#removals.allEnded()]);
  }

  /**
   * The cloud, where it is the place in which the campaign builds: with other credentials all would
   * seem to be gone. Throws E_AUTH.
   */
  async cloudHere(): Promise<DestinationCloud> {
    const { cloud, mustBuildHere, signal } = this.#tools;
    const found = await cloud();
    const place = await found.place?.(signal);
    if (place !== undefined) await mustBuildHere(place, () => looksFor(this.#ledger.entries(), found, signal));
    return found;
  }

  async #find(resource: Resource): Promise<string | null> {
    const cloud = await this.cloudHere();
    const id = await cloud.find(resource, this.#context(resource));
    return id !== null && (await this.#isOfAnother(cloud, resource.kind, id)) ? null : id;
  }

  /** Whether what was found without a stamp may be another campaign's. */
  async #isOfAnother(cloud: DestinationCloud, kind: Kind, id: string): Promise<boolean> {
    return cloud.unstamped?.has(kind) === true && (await this.#tools.isMadeByAnother(kind, id));
  }

  async #removeFromCloud(ref: Ref, id: string, replaced?: Replaced, wanted?: AbortSignal): Promise<boolean> {
    const { campaign, signal } = this.#tools;
    const cloud = await this.cloudHere();
    wanted?.throwIfAborted();
    return cloud.remove(ref, id, campaign, { timeoutMs: buildTimeoutMs, signal, wanted }, replaced);
  }

  async #build(resource: Resource): Promise<Built> {
    const ref = refOf(resource.kind, resource.id);
    const context = this.#context(resource);
    const own = this.diskOf(resource);
    const disk = own === null ? undefined : await this.#tools.disks.open(own.server_id, own.id);
    try {
      const cloud = await this.cloudHere();
      const claimed = await this.#intend(cloud, resource);
      const replaced = this.#replaced(ref);
      const { differences, ...made } = await cloud.ensure(resource, { ...context, claimed, replaced, disk });
      const isOfAnother = made.how === 'found' && (await this.#isOfAnother(cloud, resource.kind, made.id));
      const built = isOfAnother ? { ...made, how: 'adopted' as const } : made;
      const { fatal, told } = differences;
      if (fatal.length > 0 && built.how !== 'adopted')
        throw new Problem('E_CONFLICT', `${ref} was built but is not as it was: ${fatal.join('; ')}.`, { about: ref });
      const compared = withDifferences(built, built.how === 'adopted' ? fatal : told);
      await this.#ledger.built(ref, compared, resource.kind === 'disk' ? resource.properties : undefined);
      return compared;
    } finally {
      await disk?.close();
    }
  }

  async #prepare(resource: Resource): Promise<Built | null> {
    const cloud = await this.cloudHere();
    if (cloud.prepare === undefined) return null;
    const before = this.#ledger.get(refOf(resource.kind, resource.id));
    const claimed = before?.state === 'built' ? undefined : await this.#intend(cloud, resource);
    const isUnnoticed = await cloud.prepare(resource, { ...this.#context(resource), claimed });
    this.#tools.mustGoOn();
    const areNeedsBuilt = resource.needs.every((need) => this.#ledger.get(need)?.state === 'built');
    if (isUnnoticed && areNeedsBuilt) return this.#buildOnce(resource);
    return before?.state === 'built' ? before : null;
  }

  /** Builds a resource; who asks while it is being built hears of the same one. */
  #buildOnce(resource: Resource): Promise<Built> {
    const ref = refOf(resource.kind, resource.id);
    const building = this.#building.get(ref) ?? this.#build(resource).finally(() => this.#building.delete(ref));
    this.#building.set(ref, building);
    return building;
  }

  /** Notes durably what is created next; returns whether nothing exists in its place. */
  async #intend(cloud: DestinationCloud, resource: Resource): Promise<boolean> {
    const ref = refOf(resource.kind, resource.id);
    const claimed = this.#claimed(ref) ?? !(await cloud.occupied(resource, this.#context(resource)));
    const replaced = this.#replaced(ref) ?? (await cloud.replaces?.(resource, this.#context(resource)));
    await this.#ledger.intend(ref, claimed, replaced);
    return claimed;
  }

  /** Whether nothing existed in a ref's place when it was intended; undefined if it was not. */
  #claimed(ref: Ref): boolean | undefined {
    const entry = this.#ledger.get(ref);
    return entry?.state === 'intended' ? entry.claimed === true : undefined;
  }

  /** What the ledger notes that a ref replaces. */
  #replaced(ref: Ref): Replaced | undefined {
    const entry = this.#ledger.get(ref);
    return entry?.state === 'intended' || entry?.state === 'built' ? entry.replaced : undefined;
  }

  #context(resource: Resource): BuildContext {
    return {
      campaign: this.#tools.campaign,
      claimed: this.#claimed(refOf(resource.kind, resource.id)),
      replaced: this.#replaced(refOf(resource.kind, resource.id)),
      mappings: this.#document?.mappings ?? noMappings,
      built: (ref) => this.built(ref),
      resource: (ref) => this.resource(ref),
      resources: () => [...this.#resources.values()],
      timeoutMs: this.diskOf(resource) === null ? buildTimeoutMs : importTimeoutMs,
      signal: this.#tools.signal,
    };
  }
}
