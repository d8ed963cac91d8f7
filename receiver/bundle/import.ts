import { bundleBlockBytes, type DiskHead, type Header } from '../../shared/bundle/format.ts';
import { supportedDocument } from '../../shared/cloud/supported.ts';
import { belongingsAlone, belongingsOf } from '../../shared/journey/belongings.ts';
import type { Arrival } from '../../shared/journey/destination.ts';
import { destinationHalf } from '../../shared/journey/destination-half.ts';
import { runPhases } from '../../shared/journey/run-phases.ts';
import { mustNotBlock } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { loneVolumesOf } from '../../shared/model/lone-volumes.ts';
import { digestOfJson, summaryOfCampaign, writeMarker } from '../../shared/model/marker.ts';
import type { Ref } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { ReceiverCampaign } from '../campaign/campaign.ts';
import { operator } from '../campaign/owner.ts';
import { sumOfRoots } from '../campaign/totals.ts';
import { bundleTools } from './destination.ts';
import { begunHere, isBegun, lookAhead, mapped, type OutlookTools } from './outlook.ts';
import type { BundlePage, BundleVisitor } from './read.ts';
import { Staging } from './staging.ts';

const called = { server: 'Server', volume: 'Volume', image: 'Image' } as const;

const remedy = 'Resolve them, or map otherwise in a file for `--mappings`; nothing was written.';

/** What an import works with. */
export interface ImportTools extends OutlookTools {
  /** Hears the campaign's id before anything is done for it. */
  readonly bind: (campaign: string) => Promise<void>;
  /** Hears of the progress, in sentences. */
  readonly tell: (sentence: string) => void;
}

/**
 * Rebuilds a tenant while its bundle is read: the network side first, then each server once its
 * disks are sealed. It may be repeated.
 */
export class Importer implements BundleVisitor {
  readonly #tools: ImportTools;
  #campaign: ReceiverCampaign | null = null;
  #staging: Staging | null = null;
  #document: Configurations | null = null;
  /** Disks of each server that have not come yet. */
  readonly #awaited = new Map<string, number>();
  #head: DiskHead | null = null;
  /** What is not as it was, and was said. */
  readonly #told = new Set<Ref>();

  constructor(tools: ImportTools) {
    this.#tools = tools;
  }

  async begin(header: Header, document: Configurations): Promise<void> {
    const { campaigns, signal, tell, bind } = this.#tools;
    await bind(header.campaign);
    const known = await begunHere(this.#tools, header.campaign);
    const whole = await mapped(this.#tools, document, known);
    // A campaign begun here has passed these checks; its own resources would fail them now.
    if (!isBegun(known)) {
      const { concerns } = await lookAhead(this.#tools, whole);
      mustNotBlock(concerns, { hint: remedy });
      for (const { says: warning } of concerns) tell(`Warning: ${warning}`);
    }
    this.#campaign = await campaigns.openFor(operator, header.campaign);
    const wanted = supportedDocument(whole, (await this.#tools.cloud()).kinds);
    this.#document = wanted;
    for (const { server_id } of document.disks) this.#awaited.set(server_id, (this.#awaited.get(server_id) ?? 0) + 1);
    await writeMarker(this.#campaign, { kind: 'imported' }, { digest: digestOfJson(document), counts: {} });
    const { counts } = await this.#campaign.configure(wanted, () => undefined);
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    tell(`The network side stands: ${all} resources.`);
    this.#tellDifferences();
    this.#staging = new Staging(this.#campaign.disks, signal);
    for (const server of document.servers.filter(({ id }) => !this.#awaited.has(id))) await this.#build(server.id);
  }

  async disk(_number: number, head: DiskHead, header: Header): Promise<void> {
    this.#head = head;
    await this.#staging?.begin(head, header);
  }

  async page(stretch: BundlePage): Promise<void> {
    await this.#staging?.page(stretch);
  }

  async seal(root: string): Promise<void> {
    await this.#staging?.seal(root);
    const { server, disk, size } = this.#head as DiskHead;
    this.#tools.tell(`Disk ${disk} is whole and verified: ${Math.ceil(size / bundleBlockBytes)} blocks.`);
    const left = (this.#awaited.get(server) ?? 1) - 1;
    this.#awaited.set(server, left);
    if (left === 0) await this.#build(server);
  }

  async end(): Promise<void> {
    const campaign = this.#bound;
    if (campaign.ledger.standing === 'configured') await campaign.sweep();
    await campaign.ledger.reach('completed');
    const servers = this.#document?.servers.length ?? 0;
    const { bytes, ...sum } = await sumOfRoots(campaign);
    await writeMarker(campaign, { kind: 'campaign' }, summaryOfCampaign({ servers, disk_bytes: bytes, ...sum }));
    this.#tools.tell(`All ${servers} servers are here.`);
  }

  /** The campaign of the bundle, once its header was read. */
  get campaign(): string | null {
    return this.#campaign?.id ?? null;
  }

  /** Closes what is open; MUST be called when the reading is over, however it ended. */
  async close(): Promise<void> {
    await this.#staging?.close();
  }

  get #bound(): ReceiverCampaign {
    if (this.#campaign === null) throw new Problem('E_BUG', 'The bundle has not begun.');
    return this.#campaign;
  }

  /**
   * Runs the destination half of a server's journey. Resources that the ledger calls built are
   * answered from it.
   */
  async #build(id: string): Promise<void> {
    const { cloud, signal, tell } = this.#tools;
    const arrival = this.#arrivalOf(id);
    await runPhases(destinationHalf, {
      done: new Set(),
      recall: () => arrival,
      tools: bundleTools(this.#bound, arrival, cloud, signal),
      begin: () => Promise.resolve(),
      end: () => Promise.resolve(),
      work: (_phase, _move, _tools, piece) => piece(),
    });
    tell(`${called[arrival.kind]} ${arrival.server.name} is here.`);
    this.#tellDifferences();
  }

  /** Says what was built and is not as it was, once in each import. */
  #tellDifferences(): void {
    for (const entry of this.#bound.ledger.entries()) {
      const differs = entry.state === 'built' ? entry.detail?.['differs'] : undefined;
      if (differs === undefined || this.#told.has(entry.ref)) continue;
      this.#told.add(entry.ref);
      this.#tools.tell(`${entry.ref} is not as it was at the source: ${differs}.`);
    }
  }

  #arrivalOf(id: string): Arrival {
    const document = this.#document;
    const volume = document === null ? undefined : loneVolumesOf(document).find((one) => one.id === id);
    const alone = volume ?? document?.images.find((one) => one.id === id);
    if (alone !== undefined && document !== null) {
      const kind = volume === undefined ? 'image' : 'volume';
      return { kind, server: alone, ...belongingsAlone(id, document), probe: undefined, learned: {} };
    }
    const server = document?.servers.find((one) => one.id === id);
    if (server === undefined || document === null) throw new Problem('E_BUG', `Server ${id} is not in the document.`);
    const was = server.power === 'running' ? 'running' : 'stopped';
    return { kind: 'server', server, ...belongingsOf(server, document, document.mappings), probe: undefined, learned: { was } };
  }
}
