import type { BuildContext, Built, DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import { inBuildOrder } from '../../shared/model/build-order.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { noMappings } from '../../shared/model/mappings.ts';
import { networkSideOf } from '../../shared/model/network-side.ts';
import { type Power, type Ref, type Resource, type ResourceOf, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { Disks } from '../disks/disks.ts';
import { batchesOf } from './batches.ts';
import type { Ledger } from './ledger.ts';

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
    const other = resourcesOf(document).find(({ kind }) => kind !== 'image' && !kinds.has(kind));
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
    if (resource.kind === 'volume') return this.resource(refOf('disk', resource.disk_id)) as ResourceOf<'disk'>;
    return resource.kind === 'disk' ? resource : null;
  }

  /** What a disk becomes at the destination: an image, or the volume whose bytes it is. */
  registeredAs(disk: string): Ref {
    const found = this.#resources.get(refOf('disk', disk));
    const volume = found?.kind === 'disk' ? found.volume_id : null;
    return volume === null ? refOf('disk', disk) : refOf('volume', volume);
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
   * Builds one resource, once: a ref that the ledger calls built is answered from there. `power`:
   * of a server, where it has changed since the capture.
   */
  async ensure(ref: Ref, power?: Power): Promise<Built> {
    this.#tools.mustGoOn();
    const entry = this.#ledger.get(ref);
    if (entry?.state === 'built') return { id: entry.id, how: entry.how, detail: entry.detail };
    const running = this.#building.get(ref);
    if (running !== undefined) return running;
    const captured = this.resource(ref);
    const resource = captured.kind === 'server' && power !== undefined ? { ...captured, power } : captured;
    const building = this.#build(resource).finally(() => this.#building.delete(ref));
    this.#building.set(ref, building);
    return building;
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

  /** Removes one resource that this campaign created; false where it created none. */
  async remove(ref: Ref): Promise<boolean> {
    await this.#building.get(ref)?.catch(() => undefined);
    const entry = this.#ledger.get(ref);
    if (entry === undefined || entry.state === 'removed') return false;
    const id = entry.state === 'built' ? entry.id : await this.#find(this.resource(ref));
    const isOurs = entry.state === 'intended' || entry.how !== 'adopted';
    const removed = isOurs && id !== null && (await this.#removeFromCloud(ref, id));
    await this.#ledger.removed(ref);
    this.#tools.onRemoved(ref);
    return removed;
  }

  /** Removes what the cloud made a second time, beside what the ledger calls built. */
  async sweep(): Promise<void> {
    const { campaign, signal } = this.#tools;
    const entries = this.#ledger.entries().flatMap((entry) => (entry.state === 'built' ? [entry] : []));
    if (entries.length === 0) return;
    const cloud = await this.#tools.cloud();
    await cloud.sweep(campaign, new Map(entries.map(({ ref, id }) => [ref, id])), { timeoutMs: buildTimeoutMs, signal });
  }

  /** Every difference between what was built and what was wanted; with a disk, bytes included. */
  async differencesOf(ref: Ref, id: string, disk: BlockSource | undefined): Promise<readonly string[]> {
    const resource = this.resource(ref);
    const cloud = await this.#tools.cloud();
    const { fatal, told } = await cloud.differences(resource, id, { ...this.#context(resource), disk });
    return [...fatal, ...told];
  }

  /** Resolves when nothing is being built any more, even after a failure. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#building.values());
  }

  async #find(resource: Resource): Promise<string | null> {
    const cloud = await this.#tools.cloud();
    return cloud.find(resource, this.#context(resource));
  }

  async #removeFromCloud(ref: Ref, id: string): Promise<boolean> {
    const { campaign, signal } = this.#tools;
    const cloud = await this.#tools.cloud();
    return cloud.remove(ref, id, campaign, { timeoutMs: buildTimeoutMs, signal });
  }

  async #build(resource: Resource): Promise<Built> {
    const ref = refOf(resource.kind, resource.id);
    const context = this.#context(resource);
    const own = this.diskOf(resource);
    const disk = own === null ? undefined : await this.#tools.disks.open(own.server_id, own.id);
    try {
      const cloud = await this.#tools.cloud();
      const claimed = this.#claimed(ref) ?? !(await cloud.occupied(resource, context));
      await this.#ledger.intend(ref, claimed);
      const built = await cloud.ensure(resource, { ...context, claimed, disk });
      const { fatal, told } = await cloud.differences(resource, built.id, context);
      if (fatal.length > 0 && built.how !== 'adopted')
        throw new Problem('E_CONFLICT', `${ref} was built but is not as it was: ${fatal.join('; ')}.`, { about: ref });
      const compared = withDifferences(built, built.how === 'adopted' ? fatal : told);
      await this.#ledger.built(ref, compared);
      return compared;
    } finally {
      await disk?.close();
    }
  }

  /** Whether nothing existed in a ref's place when it was intended; undefined if it was not. */
  #claimed(ref: Ref): boolean | undefined {
    const entry = this.#ledger.get(ref);
    return entry?.state === 'intended' ? entry.claimed === true : undefined;
  }

  #context(resource: Resource): BuildContext {
    return {
      campaign: this.#tools.campaign,
      claimed: this.#claimed(refOf(resource.kind, resource.id)),
      mappings: this.#document?.mappings ?? noMappings,
      built: (ref) => this.built(ref),
      resource: (ref) => this.resource(ref),
      resources: () => [...this.#resources.values()],
      timeoutMs: this.diskOf(resource) === null ? buildTimeoutMs : importTimeoutMs,
      signal: this.#tools.signal,
    };
  }
}

/** What was built, with how it differs from the source's. */
function withDifferences(built: Built, differences: readonly string[]): Built {
  if (differences.length === 0) return built;
  return { ...built, detail: { ...built.detail, differs: differences.join('; ') } };
}
