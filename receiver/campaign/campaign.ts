import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '../../shared/absent.ts';
import type { Built, BuiltServer, DestinationCloud, Health } from '../../shared/cloud/destination-cloud.ts';
import { Semaphore } from '../../shared/concurrency/semaphore.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { writeDurably } from '../../shared/durable.ts';
import type { LearnedOfOne } from '../../shared/journey/destination.ts';
import type { Log } from '../../shared/log.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { digestOfDocument, readDocument, textOf } from '../../shared/model/document-text.ts';
import type { Mappings } from '../../shared/model/mappings.ts';
import { removeMarkers, writeMarker } from '../../shared/model/marker.ts';
import { type Kind, type Ref, type Resource, type ResourceOf, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { Donors } from '../disks/dedup/donors.ts';
import { ImageDonors, type ImagePolicy } from '../disks/dedup/image-donors.ts';
import { Disks } from '../disks/disks.ts';
import type { Budget } from '../disks/store/budget.ts';
import type { FreeSpace } from '../disks/store/free-space.ts';
import { type CampaignMessage, mustAllow } from './allowed.ts';
import { Builder, type NetworkSide, type OnBuilt } from './builder.ts';
import { builtServerOf } from './built-server.ts';
import { finish, type Images, type Remainder } from './finish.ts';
import { Ledger, type LedgerEntry } from './ledger.ts';
import { mustBuildHere } from './place.ts';
import { noReadings } from './readings.ts';
import { type Removal, removeEach } from './remove-each.ts';
import type { Use } from './used-by.ts';
import type { FirstAnswer } from './watch.ts';
import { Watches } from './watches.ts';

/** Where a campaign keeps its document. */
const documentName = 'configurations.json';

/** What every campaign needs. */
export interface CampaignTools {
  readonly cloud: () => Promise<DestinationCloud>;
  readonly workers: WorkerPool;
  readonly log: Log;
  readonly freeSpace: FreeSpace;
  /** Shared by the indexes of all campaigns. */
  readonly indexMemory: Budget;
  /** Shared by the copies of all campaigns. */
  readonly blockMemory: Budget;
  /** Whether disks are written and read past the page cache, where possible. */
  readonly directIo: boolean;
  /**
   * Where disks of committed campaigns are kept for later ones, by peer; null: they are not kept.
   */
  readonly keptFor: ((peer: string) => string) | null;
  /** Which images of the destination are donors for disks. */
  readonly images: ImagePolicy;
  /** Whether another campaign than this one made a thing, or may have made it. */
  readonly isMadeByAnother: (campaign: string, kind: Kind, id: string) => Promise<boolean>;
  /** Judges what a campaign removes by what other campaigns need. */
  readonly usesBesides: (campaign: string) => (entry: LedgerEntry | undefined) => Promise<Use>;
}

/** One campaign of the receiver: document, ledger, disks and markers in one folder. */
export class ReceiverCampaign {
  readonly id: string;
  readonly folder: string;
  readonly ledger: Ledger;
  readonly disks: Disks;
  readonly imageDonors: ImageDonors;
  /** For a proof. */
  readonly readings = noReadings();
  readonly #keptFor: CampaignTools['keptFor'];
  readonly #usesBesides: () => ReturnType<CampaignTools['usesBesides']>;
  readonly #workers: WorkerPool;
  readonly #builder: Builder;
  readonly #work = new AbortController();
  readonly #watches = new Watches();
  #configuring: Promise<NetworkSide> | null = null;
  /** Whether a sender is served; donors then save bytes on the link. */
  #served = false;
  #closed: Promise<void> | null = null;
  /** Commit, rollback and their like run one at a time; each is judged by the state before it. */
  readonly #turns = new Semaphore(1);

  private constructor(id: string, folder: string, ledger: Ledger, tools: CampaignTools) {
    const { cloud, workers, freeSpace, log, directIo, keptFor, indexMemory, blockMemory, images } = tools;
    this.#keptFor = keptFor;
    this.#usesBesides = () => tools.usesBesides(id);
    this.#workers = workers;
    this.id = id;
    this.folder = folder;
    this.ledger = ledger;
    const donors = new Donors(workers, undefined, indexMemory);
    const isBuilt = (disk: string): boolean => ledger.get(this.registeredAs(disk))?.state === 'built';
    this.disks = new Disks(id, folder, { workers, freeSpace, log, directIo, donors, blockMemory }, isBuilt);
    this.#builder = new Builder({
      campaign: id,
      ledger,
      disks: this.disks,
      cloud,
      mustBuildHere: (place, made) => mustBuildHere(folder, place, made),
      mustGoOn: () => this.mustGoOn(),
      isMadeByAnother: (kind, thing) => tools.isMadeByAnother(id, kind, thing),
      onRemoved: (ref) => this.#watches.forget(ref),
      signal: this.#work.signal,
    });
    this.imageDonors = new ImageDonors(folder, this.disks, { cloud, freeSpace, log, policy: images });
  }

  /** Opens a campaign's folder, making it for a new one. Throws E_STATE_DAMAGED, E_DISK_FULL. */
  static async open(state: string, id: string, tools: CampaignTools): Promise<ReceiverCampaign> {
    const folder = join(state, 'campaigns', id);
    const ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    try {
      const campaign = new ReceiverCampaign(id, folder, ledger, tools);
      const document = await documentAt(folder);
      if (document !== null) campaign.#builder.adopt(document);
      return campaign;
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  /**
   * Serves the sender with this key: disks kept of its own earlier campaigns, and images, are
   * donors for its disks.
   */
  serve(peer: string): void {
    this.#served = true;
    this.#workers.start();
    if (this.#keptFor !== null) this.disks.useKept(this.#keptFor(peer));
    this.#bringImages();
  }

  /** Whether disks that are still to come take blocks from the disks kept in a folder. */
  takesFrom(folder: string): boolean {
    return this.#isToCome && this.disks.borrows(folder);
  }

  /** Throws E_COMMITTED or E_CAMPAIGN_STATE where the state does not allow a message. */
  mustAllow(message: CampaignMessage, about?: string): void {
    mustAllow(message, this.ledger.standing, about);
  }

  /** Throws E_COMMITTED or E_CAMPAIGN_STATE where nothing may be built any more. */
  mustGoOn(): void {
    this.mustAllow('campaign.configure');
  }

  /**
   * Works on a message that changes the campaign's state, after earlier ones, where it is allowed.
   */
  inTurn<T>(message: CampaignMessage, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(() => {
      this.#work.signal.throwIfAborted();
      this.mustAllow(message);
      return work();
    });
  }

  /** Does something once no commit, removal or their like is under way, and holds up later ones. */
  afterWork(work: () => Promise<void>): Promise<void> {
    return this.#turns.run(work);
  }

  /** The mappings this campaign was begun with; undefined for one that has no document yet. */
  get mappings(): Mappings | undefined {
    return this.#builder.document?.mappings;
  }

  /**
   * Stores the document, builds the network side in order and compares each resource with what was
   * wanted. Throws what the cloud throws.
   */
  async configure(
    document: Configurations,
    onBuilt: OnBuilt,
  ): Promise<NetworkSide & { readonly digest: string; readonly adopted: number }> {
    if (document.campaign !== this.id)
      throw new Problem('E_OTHER_CAMPAIGN', `The document belongs to campaign ${document.campaign ?? 'none'}.`);
    this.mustGoOn();
    await this.#builder.mustSupport(document);
    const digest = await digestOfDocument(document);
    if (this.#builder.document !== null && (await digestOfDocument(this.#builder.document)) !== digest) {
      throw new Problem(
        'E_CAMPAIGN_STATE',
        'The campaign was started with another configurations.json; a plan is frozen once it has started.',
      );
    }
    await writeDurably(this.#documentPath, textOf(document, 2));
    this.#builder.adopt(document);
    this.#bringImages();
    this.#configuring ??= this.#builder.buildNetworkSide(onBuilt).finally(() => {
      this.#configuring = null;
    });
    const { counts, details } = await this.#configuring;
    await this.ledger.reach('configured');
    await writeMarker(this, { kind: 'configuration' }, { digest, counts });
    return { counts, details, digest, adopted: this.#builder.adoptedOnNetworkSide() };
  }

  /** Builds a port or floating IP as far as its running source server does not notice. */
  prepare(ref: Ref): Promise<Built | null> {
    return this.#builder.prepare(ref);
  }

  /** Builds one resource, once: a ref that the ledger calls built is answered from there. */
  ensure(ref: Ref, learned?: LearnedOfOne): Promise<Built> {
    return this.#builder.ensure(ref, learned);
  }

  /** Removes one resource that this campaign created; see `Builder.remove`. */
  async remove(ref: Ref, wanted?: AbortSignal): Promise<boolean> {
    this.mustAllow('resource.remove', ref);
    return this.#builder.remove(ref, wanted);
  }

  /**
   * Removes everything this campaign created, last built first. What cannot be removed stays in the
   * ledger and is named.
   */
  removeAll(): Promise<Removal> {
    return this.inTurn('campaign.remove', () => this.#removeAll());
  }

  /**
   * Ends the possibility of a rollback: frees the staged disks, except kept ones, and makes what
   * was built the tenant's own. Returns the bytes that the disks took, and what is left.
   */
  commit(images: Images = 'keep'): Promise<{ freed: number; left: Remainder }> {
    return this.inTurn('campaign.commit', async () => {
      // A removal that was allowed before takes nothing any more once this is the tenant's.
      await this.#builder.settled();
      await this.ledger.reach('committed');
      await this.imageDonors.close();
      if (this.#keptFor !== null) await this.disks.keepAll();
      const freed = await this.#freeStaging();
      const { id: campaign, ledger } = this;
      const left = await finish({ campaign, ledger, cloud: () => this.#builder.cloudHere(), signal: this.#work.signal }, images);
      return { freed, left };
    });
  }

  async #removeAll(): Promise<Removal> {
    // Durable before the first undo: intended resources are not built any more, even after a
    // restart.
    await this.ledger.reach('removing');
    await Promise.allSettled([this.#builder.settled(), this.#configuring]);
    const refs = this.ledger.entries().map(({ ref }) => ref);
    const useOf = this.#usesBesides();
    const judge = (ref: Ref): Promise<Use> => useOf(this.ledger.get(ref));
    const removal = await removeEach(refs.reverse(), this.#builder, judge, this.#work.signal);
    if (removal.kept.length > 0) return removal;
    await this.#freeStaging();
    await removeMarkers(this.folder);
    await this.ledger.reach('removed');
    return removal;
  }

  /** A resource of the document. Throws E_NOT_FOUND. */
  resource(ref: Ref): Resource {
    return this.#builder.resource(ref);
  }

  /** The disk whose bytes a ref is made of; null for one without bytes. Throws E_NOT_FOUND. */
  diskOf(ref: Ref): ResourceOf<'disk'> | null {
    return this.#builder.diskOf(this.resource(ref));
  }

  /** What a disk becomes at the destination: an image, or the volume whose bytes it is. */
  registeredAs(disk: string): Ref {
    return this.#builder.registeredAs(disk);
  }

  /** The destination's id of a built resource. Throws E_NOT_FOUND. */
  built(ref: Ref): string {
    return this.#builder.built(ref);
  }

  /** Looks once at what was built for a server; its removal ends first. Throws E_NOT_FOUND. */
  async healthOf(server: string, probe: string | undefined, signal: AbortSignal): Promise<Health> {
    await this.#builder.removed(refOf('server', server));
    const cloud = await this.#builder.cloudHere();
    return cloud.healthy(this.builtServer(server), probe, signal);
  }

  /** What was built for a server of the source, a lone volume or image. Throws E_NOT_FOUND. */
  builtServer(server: string): BuiltServer {
    return builtServerOf(this.unitOf(server), this.#builder);
  }

  /** What moves under an id: a server, a volume that no server has, or an image. */
  unitOf(id: string): Ref {
    return this.#builder.unitOf(id);
  }

  /** Removes what the cloud made a second time, after its answer was lost. */
  sweep(): Promise<void> {
    return this.#builder.sweep();
  }

  /** Its document; null before there is one. */
  get document(): Configurations | null {
    return this.#builder.document;
  }

  /** What reads what was built. */
  get reader(): Pick<Builder, 'document' | 'differencesOf' | 'likenessOf' | 'strangersIn'> {
    return this.#builder;
  }

  /**
   * Begins to probe a server, and returns what was seen so far; a server that was removed since is
   * probed anew. Throws E_NOT_FOUND.
   */
  watch(server: string, probe: string): FirstAnswer {
    const ref = refOf('server', server);
    const resource = this.resource(ref);
    if (resource.kind !== 'server') throw new Problem('E_BUG', `${ref} is no server.`);
    const isBegun = (): boolean => ['intended', 'built'].includes(this.ledger.get(ref)?.state ?? '');
    const addresses = (): readonly string[] => this.#builder.addressesOf(resource);
    return this.#watches.of(server, { probe, addresses, isBegun }).look();
  }

  /** Has what is under way end where it is; it is resumed when the daemon is back. */
  interrupt(): void {
    this.#work.abort(new Problem('E_PEER_LOST', 'The receiver is stopping.'));
  }

  /**
   * Interrupts what is under way, and closes once it has ended: a commit or removal never goes on
   * in a ledger that is closed.
   */
  async stop(): Promise<void> {
    this.interrupt();
    await this.afterWork(() => this.close());
  }

  /** Closes its files. Nothing that changes its state may be under way; see `stop`. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.interrupt();
    this.#watches.stop();
    await Promise.allSettled([this.#builder.settled(), this.#configuring]);
    await this.imageDonors.close();
    await this.disks.close();
    await this.ledger.close();
  }

  get #documentPath(): string {
    return join(this.folder, documentName);
  }

  /** Downloads images of the destination that are donors for disks still to come. */
  #bringImages(): void {
    if (this.#served && this.#isToCome && this.#builder.document !== null) this.imageDonors.begin(this.#builder.document);
  }

  /** Whether more disks may come. */
  get #isToCome(): boolean {
    return ['new', 'configured'].includes(this.ledger.standing);
  }

  /** Deletes the staged disks and the downloaded images; returns the bytes they took. */
  async #freeStaging(): Promise<number> {
    await this.imageDonors.close();
    const bytes = await this.disks.discardAll();
    return bytes + (await this.imageDonors.discard());
  }
}

/** The document in the folder of a campaign; null where there is none. Throws E_STATE_DAMAGED. */
export async function documentAt(folder: string): Promise<Configurations | null> {
  const path = join(folder, documentName);
  const text = await readFile(path).catch(ifAbsent(null));
  return text === null ? null : documentIn(text, path);
}

async function documentIn(text: Buffer, path: string): Promise<Configurations> {
  try {
    return await readDocument(text, path);
  } catch (cause) {
    throw new Problem('E_STATE_DAMAGED', `${path} cannot be read: ${(cause as Error).message}`, { about: path, cause });
  }
}
