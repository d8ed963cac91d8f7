import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildContext, Built, DestinationCloud } from '../../shared/cloud/cloud.ts';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { writeDurably } from '../../shared/durable.ts';
import type { Log } from '../../shared/log.ts';
import { type Configurations, parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import { digestOfJson, writeMarker } from '../../shared/model/marker.ts';
import { networkSideOf } from '../../shared/model/network-side.ts';
import { inBuildOrder } from '../../shared/model/order.ts';
import { idOf, kindOf, type Ref, type Resource, type ResourceOf, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { Donors } from '../disks/dedup/donors.ts';
import { ImageDonors, type ImagePolicy } from '../disks/dedup/image-donors.ts';
import type { IndexMemory } from '../disks/dedup/prefix-index.ts';
import { Disks } from '../disks/disks.ts';
import type { Room } from '../disks/store/room.ts';
import { Ledger } from './ledger.ts';
import { type FirstAnswer, Watch } from './watch.ts';

/**
 * Limit of one build, so that a cloud that never answers is noticed: milliseconds. A disk's import
 * takes as long as it takes.
 */
const buildTimeoutMs = 30 * 60_000;

/** Tells that a resource stands. */
export type OnBuilt = (ref: Ref, built: Built) => void;

/** What every campaign works with. */
export interface CampaignTools {
  readonly cloud: () => Promise<DestinationCloud>;
  readonly workers: WorkerPool;
  readonly log: Log;
  readonly room: Room;
  /** Shared by the indexes of all campaigns. */
  readonly indexMemory: IndexMemory;
  /** Whether disks are written and read past the page cache, where that can be. */
  readonly directIo: boolean;
  /**
   * Where disks of committed campaigns are kept for later ones, by their peer; null: they are not.
   */
  readonly keptFor: ((peer: string) => string) | null;
  /** Which images of the destination stand in for disks. */
  readonly images: ImagePolicy;
}

/**
 * One campaign as the receiver knows it: the document, the ledger, the disks and the markers in one
 * folder.
 */
export class Campaign {
  readonly id: string;
  readonly folder: string;
  readonly ledger: Ledger;
  readonly disks: Disks;
  readonly imageDonors: ImageDonors;
  readonly #keptFor: CampaignTools['keptFor'];
  readonly #workers: WorkerPool;
  readonly #cloud: () => Promise<DestinationCloud>;
  readonly #work = new AbortController();
  /** What is being built now: a repeated request joins it instead of building twice. */
  readonly #building = new Map<Ref, Promise<Built>>();
  /** The new servers that are looked at from outside, by their id at the source. */
  readonly #watches = new Map<string, Watch>();
  #configuring: Promise<Readonly<Record<string, number>>> | null = null;
  /** Whether a sender is served: then less may cross the link. */
  #served = false;
  /** Whether everything is being removed: what was going to be built is not begun. */
  #leaving = false;
  #document: Configurations | null = null;
  #resources = new Map<Ref, Resource>();

  private constructor(id: string, folder: string, ledger: Ledger, tools: CampaignTools) {
    const { cloud, workers, room, log, directIo, keptFor, indexMemory, images } = tools;
    this.#keptFor = keptFor;
    this.#workers = workers;
    this.id = id;
    this.folder = folder;
    this.ledger = ledger;
    this.#cloud = cloud;
    this.disks = new Disks(id, folder, { workers, room, log, directIo, donors: new Donors(workers, undefined, indexMemory) });
    this.imageDonors = new ImageDonors(folder, this.disks, { cloud, room, log, policy: images });
  }

  /** Opens a campaign's folder, making it for a new one. Throws E_STATE_DAMAGED, E_DISK_FULL. */
  static async open(state: string, id: string, tools: CampaignTools): Promise<Campaign> {
    const folder = join(state, 'campaigns', id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const campaign = new Campaign(id, folder, await Ledger.open(join(folder, 'ledger.jsonl')), tools);
    const text = await readFile(campaign.#documentPath, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null) campaign.#adopt(readJson(text, campaign.#documentPath));
    return campaign;
  }

  /**
   * Serves the sender that has this key: from now on what was kept of its earlier campaigns stands
   * in for its disks, and nobody else's; and so do images.
   */
  serve(peer: string): void {
    this.#served = true;
    this.#workers.start();
    if (this.#keptFor !== null) this.disks.useKept(this.#keptFor(peer));
    this.#bringImages();
  }

  /** Whether disks that are still to come take blocks from those that are kept in a folder. */
  takesFrom(folder: string): boolean {
    return this.#isToCome && this.disks.borrows(folder);
  }

  /**
   * Throws E_COMMITTED or E_CAMPAIGN_STATE where nothing may be built for this campaign any more.
   */
  mustGoOn(): void {
    const { state } = this.ledger;
    if (state === 'committed') throw new Problem('E_COMMITTED', 'The campaign is committed.');
    if (state === 'removed' || this.#leaving)
      throw new Problem('E_CAMPAIGN_STATE', 'The campaign was rolled back; start a new one.');
  }

  /** The mappings this campaign was begun with; undefined for one that has no document yet. */
  get mappings(): Mappings | undefined {
    return this.#document?.mappings;
  }

  /**
   * Stores the document, builds the network side in order and compares each thing with what was
   * wanted. Throws what the cloud throws.
   */
  async configure(
    document: Configurations,
    onBuilt: OnBuilt,
  ): Promise<{ counts: Readonly<Record<string, number>>; digest: string }> {
    if (document.campaign !== this.id)
      throw new Problem('E_OTHER_CAMPAIGN', `The document belongs to campaign ${document.campaign ?? 'none'}.`);
    this.mustGoOn();
    const digest = digestOfJson(document);
    if (this.#document !== null && digestOfJson(this.#document) !== digest) {
      throw new Problem(
        'E_CAMPAIGN_STATE',
        'The campaign was started with another configurations.json; a plan is frozen once it has started.',
      );
    }
    await writeDurably(this.#documentPath, `${JSON.stringify(document, null, 2)}\n`);
    this.#adopt(document);
    this.#bringImages();
    this.#configuring ??= this.#buildNetworkSide(onBuilt).finally(() => {
      this.#configuring = null;
    });
    const counts = await this.#configuring;
    await this.ledger.reach(this.ledger.state === 'new' ? 'configured' : this.ledger.state);
    await writeMarker(this.folder, ['configurationCompleted'], {
      campaign: this.id,
      at: new Date().toISOString(),
      digest,
      counts,
    });
    return { counts, digest };
  }

  /** Builds one resource, once: a ref that the ledger calls built is answered from there. */
  async ensure(ref: Ref): Promise<Built> {
    this.mustGoOn();
    const entry = this.ledger.get(ref);
    if (entry?.state === 'built') return { id: entry.id, how: entry.how, detail: entry.detail };
    const running = this.#building.get(ref);
    if (running !== undefined) return running;
    const building = this.#build(this.resource(ref)).finally(() => this.#building.delete(ref));
    this.#building.set(ref, building);
    return building;
  }

  /** Removes one resource this campaign created; false where there was nothing of ours. */
  async remove(ref: Ref): Promise<boolean> {
    if (this.ledger.state === 'committed')
      throw new Problem('E_COMMITTED', 'The campaign is committed; what it built stays.', { about: ref });
    await this.#building.get(ref)?.catch(() => undefined);
    const entry = this.ledger.get(ref);
    if (entry === undefined || entry.state === 'removed') return false;
    const id =
      entry.state === 'built'
        ? entry.id
        : await (await this.#cloud()).find(this.resource(ref), this.#context(this.resource(ref)));
    const ours = entry.state === 'intended' || entry.how !== 'adopted';
    const removed =
      ours &&
      id !== null &&
      (await (await this.#cloud()).remove(ref, id, this.id, { timeoutMs: buildTimeoutMs, signal: this.#work.signal }));
    await this.ledger.removed(ref);
    if (kindOf(ref) === 'server') this.#forgetWatch(idOf(ref));
    return removed;
  }

  /**
   * Removes everything this campaign created, last built first. What cannot be removed is kept in
   * the ledger and named.
   */
  async removeAll(): Promise<{ removed: Ref[]; kept: { ref: Ref; why: string }[] }> {
    if (this.ledger.state === 'committed') throw new Problem('E_COMMITTED', 'The campaign is committed; what it built stays.');
    this.#leaving = true;
    await Promise.allSettled([...this.#building.values(), this.#configuring]);
    const removed: Ref[] = [];
    const kept: { ref: Ref; why: string }[] = [];
    for (const { ref } of this.ledger.entries().reverse()) {
      try {
        if (await this.remove(ref)) removed.push(ref);
      } catch (error) {
        kept.push({ ref, why: (error as Error).message });
      }
    }
    if (kept.length > 0) return { removed, kept };
    await this.#freeStaging();
    await rm(join(this.folder, 'markers'), { recursive: true, force: true });
    await this.ledger.reach('removed');
    return { removed, kept };
  }

  /**
   * Ends the way back: frees the staged disks, but those that are kept on purpose. Returns the
   * bytes they took.
   */
  async commit(): Promise<number> {
    const { state } = this.ledger;
    if (state !== 'completed' && state !== 'committed')
      throw new Problem(
        'E_CAMPAIGN_STATE',
        `The campaign is ${state} here; only one whose servers have all moved can be committed.`,
      );
    await this.ledger.reach('committed');
    await this.imageDonors.close();
    if (this.#keptFor !== null) await this.disks.keepAll();
    return this.#freeStaging();
  }

  /** A resource of the document. Throws E_NOT_FOUND. */
  resource(ref: Ref): Resource {
    const resource = this.#resources.get(ref);
    if (resource === undefined)
      throw new Problem('E_NOT_FOUND', `${ref} is not in this campaign's configurations.json.`, { about: ref });
    return resource;
  }

  /** The destination's id of a built resource. Throws E_NOT_FOUND. */
  built(ref: Ref): string {
    const entry = this.ledger.get(ref);
    if (entry?.state !== 'built')
      throw new Problem('E_NOT_FOUND', `${ref} has not been built at the destination.`, { about: ref });
    return entry.id;
  }

  /**
   * Every way in which what the cloud holds of a disk differs from what was wanted, the bytes it
   * stores included.
   */
  async differencesOf(ref: Ref, id: string, disk: BlockSource): Promise<readonly string[]> {
    const resource = this.resource(ref);
    return (await this.#cloud()).differences(resource, id, { ...this.#context(resource), disk });
  }

  /**
   * Begins to look at a server from outside, and tells what was seen so far; one that was removed
   * since is looked at anew. Throws E_NOT_FOUND.
   */
  watch(server: string, probe: string): FirstAnswer {
    const ref = refOf('server', server);
    const resource = this.resource(ref);
    if (resource.kind !== 'server') throw new Problem('E_BUG', `${ref} is no server.`);
    const isBegun = (): boolean => ['intended', 'built'].includes(this.ledger.get(ref)?.state ?? '');
    const watch = this.#watches.get(server) ?? new Watch({ probe, addresses: () => this.#addressesOf(resource), isBegun });
    this.#watches.set(server, watch);
    return watch.look();
  }

  /** How many refs of each kind are built. */
  builtByKind(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const entry of this.ledger.entries()) {
      if (entry.state === 'built') counts[kindOf(entry.ref)] = (counts[kindOf(entry.ref)] ?? 0) + 1;
    }
    return counts;
  }

  /** Stops what is under way; the campaign goes on when the daemon comes back. */
  async close(): Promise<void> {
    this.#work.abort(new Problem('E_PEER_LOST', 'The receiver is stopping.'));
    for (const watch of this.#watches.values()) watch.stop();
    await Promise.allSettled([...this.#building.values(), this.#configuring]);
    await this.imageDonors.close();
    await this.disks.close();
    await this.ledger.close();
  }

  get #documentPath(): string {
    return join(this.folder, 'configurations.json');
  }

  #adopt(document: Configurations): void {
    this.#document = document;
    this.#resources = new Map(resourcesOf(document).map((resource) => [refOf(resource.kind, resource.id), resource]));
  }

  /** Brings images of the destination here that stand in for disks which are still to come. */
  #bringImages(): void {
    if (this.#served && this.#isToCome && this.#document !== null) this.imageDonors.begin(this.#document);
  }

  /** Whether disks may still come. */
  get #isToCome(): boolean {
    return (this.ledger.state === 'new' || this.ledger.state === 'configured') && !this.#leaving;
  }

  /**
   * Deletes the staged disks, and the images that stood in for them; returns the bytes they took.
   */
  async #freeStaging(): Promise<number> {
    await this.imageDonors.close();
    const bytes = await this.disks.discardAll();
    return bytes + (await this.imageDonors.discard());
  }

  #forgetWatch(server: string): void {
    this.#watches.get(server)?.stop();
    this.#watches.delete(server);
  }

  /**
   * Where a new server may answer: at its floating addresses as far as they are built, and at its
   * fixed ones where these are reached.
   */
  #addressesOf({ ports }: ResourceOf<'server'>): string[] {
    const own = new Set(ports);
    return [...this.#resources.values()].flatMap((resource) => {
      if (resource.kind === 'port' && own.has(resource.id)) return resource.fixed_ips.map(({ ip_address }) => ip_address);
      if (resource.kind !== 'floating_ip' || resource.port_id === null || !own.has(resource.port_id)) return [];
      const entry = this.ledger.get(refOf('floating_ip', resource.id));
      return entry?.state === 'built' ? (entry.detail?.['address'] ?? []) : [];
    });
  }

  async #buildNetworkSide(onBuilt: OnBuilt): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    const first = new Set(this.#document === null ? [] : networkSideOf(this.#document).map(({ kind, id }) => refOf(kind, id)));
    for (const resource of inBuildOrder([...this.#resources.values()])) {
      const ref = refOf(resource.kind, resource.id);
      if (!first.has(ref)) continue;
      const built = await this.ensure(ref);
      counts[resource.kind] = (counts[resource.kind] ?? 0) + 1;
      onBuilt(ref, built);
    }
    return counts;
  }

  async #build(resource: Resource): Promise<Built> {
    const ref = refOf(resource.kind, resource.id);
    const context = this.#context(resource);
    const disk = resource.kind === 'disk' ? await this.disks.open(resource.server_id, resource.id) : undefined;
    try {
      const cloud = await this.#cloud();
      const claimed = this.#claimed(ref) ?? !(await cloud.occupied(resource, context.signal));
      await this.ledger.intend(ref, claimed);
      const built = await cloud.ensure(resource, { ...context, claimed, disk });
      const differences = built.how === 'adopted' ? [] : await cloud.differences(resource, built.id, context);
      if (differences.length > 0) {
        throw new Problem('E_CONFLICT', `${ref} was built but is not as it was: ${differences.join('; ')}.`, { about: ref });
      }
      await this.ledger.built(ref, built);
      return built;
    } finally {
      await disk?.close();
    }
  }

  /**
   * Whether nothing stood in a ref's place when it was first intended; undefined where it is not
   * intended.
   */
  #claimed(ref: Ref): boolean | undefined {
    const entry = this.ledger.get(ref);
    return entry?.state === 'intended' ? entry.claimed === true : undefined;
  }

  #context(resource: Resource): BuildContext {
    return {
      campaign: this.id,
      claimed: this.#claimed(refOf(resource.kind, resource.id)),
      mappings: this.#document?.mappings ?? { flavors: {}, networks: {}, gateways: {}, floating_ips: {} },
      built: (ref) => this.built(ref),
      resource: (ref) => this.resource(ref),
      timeoutMs: resource.kind === 'disk' ? 24 * 3_600_000 : buildTimeoutMs,
      signal: this.#work.signal,
    };
  }
}

function readJson(text: string, path: string): Configurations {
  try {
    return parseConfigurations(JSON.parse(text), path);
  } catch (cause) {
    throw new Problem('E_STATE_DAMAGED', `${path} cannot be read: ${(cause as Error).message}`, { about: path, cause });
  }
}
