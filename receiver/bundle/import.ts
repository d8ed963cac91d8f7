import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleBlockBytes, type DiskHead, type Header } from '../../shared/bundle/format.ts';
import { supportedDocument } from '../../shared/cloud/supported.ts';
import { mustNotBlock } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { digestOfJson, writeMarker } from '../../shared/model/marker.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { Campaign } from '../campaign/campaign.ts';
import { begunHere, isBegun, lookAhead, mapped, type OutlookTools } from './outlook.ts';
import type { BundleVisitor, Stretch } from './read.ts';
import { Staging } from './staging.ts';

/** The marker of a campaign that came as a bundle. */
const importMarker = 'imported';

/** Whether a campaign came as a bundle, and not over a session. */
export async function wasImported({ folder }: Campaign): Promise<boolean> {
  return (await stat(join(folder, 'markers', importMarker)).catch(() => null)) !== null;
}

const remedy = 'Resolve them, or map otherwise in a file for `--mappings`; nothing was written.';

/** How often, and for how long at most, a new server is looked at until it runs: milliseconds. */
const healthIntervalMs = 1_000;
const healthLimitMs = 300_000;

/** What an import works with. */
export interface ImportTools extends OutlookTools {
  /** Hears which campaign it is, before anything is done for it. */
  readonly bind: (campaign: string) => Promise<void>;
  /** Hears in sentences how far it is. */
  readonly says: (sentence: string) => void;
}

/** Rebuilds a tenant from its bundle while that is read: the network side first, then each server as soon as its disks are sealed. May be repeated. */
export class Importer implements BundleVisitor {
  readonly #tools: ImportTools;
  #campaign: Campaign | null = null;
  #staging: Staging | null = null;
  #document: Configurations | null = null;
  /** Disks of each server that have not come yet. */
  readonly #awaited = new Map<string, number>();
  #head: DiskHead | null = null;

  constructor(tools: ImportTools) {
    this.#tools = tools;
  }

  async begin(header: Header, document: Configurations): Promise<void> {
    const { campaigns, signal, says, bind } = this.#tools;
    await bind(header.campaign);
    const known = await begunHere(this.#tools, header.campaign);
    const whole = await mapped(this.#tools, document, known);
    // What was begun here passed once, and what it has built since takes room and names of its own.
    if (!isBegun(known)) mustNotBlock((await lookAhead(this.#tools, whole)).concerns, { hint: remedy });
    this.#campaign = known ?? (await campaigns.open(header.campaign));
    const wanted = supportedDocument(whole, (await this.#tools.cloud()).kinds);
    this.#document = wanted;
    for (const { server_id } of document.disks) this.#awaited.set(server_id, (this.#awaited.get(server_id) ?? 0) + 1);
    await writeMarker(this.#campaign.folder, [importMarker], {
      campaign: header.campaign,
      at: new Date().toISOString(),
      digest: digestOfJson(document),
      counts: {},
    });
    const { counts } = await this.#campaign.configure(wanted, () => undefined);
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    says(`The network side stands: ${all} resources.`);
    this.#staging = new Staging(this.#campaign.disks, signal);
    for (const server of document.servers.filter(({ id }) => !this.#awaited.has(id))) await this.#build(server.id);
  }

  async disk(_number: number, head: DiskHead, header: Header): Promise<void> {
    this.#head = head;
    await this.#staging?.begin(head, header);
  }

  async page(stretch: Stretch): Promise<void> {
    await this.#staging?.page(stretch);
  }

  async seal(root: string): Promise<void> {
    await this.#staging?.seal(root);
    const { server, disk, size } = this.#head as DiskHead;
    this.#tools.says(`Disk ${disk} is whole and verified: ${Math.ceil(size / bundleBlockBytes)} blocks.`);
    const left = (this.#awaited.get(server) ?? 1) - 1;
    this.#awaited.set(server, left);
    if (left === 0) await this.#build(server);
  }

  async end(): Promise<void> {
    const campaign = this.#bound;
    await campaign.ledger.reach(campaign.ledger.state === 'committed' ? 'committed' : 'completed');
    const counts = { servers: this.#document?.servers.length ?? 0, disks: this.#document?.disks.length ?? 0 };
    await writeMarker(campaign.folder, ['completed'], {
      campaign: campaign.id,
      at: new Date().toISOString(),
      digest: digestOfJson(this.#document ?? {}),
      counts,
    });
    this.#tools.says(`All ${counts.servers} servers are here.`);
  }

  /** The campaign of the bundle, once its header was read. */
  get campaign(): string | null {
    return this.#campaign?.id ?? null;
  }

  /** Lets go of what is open; MUST be called when the reading is over, however it ended. */
  async close(): Promise<void> {
    await this.#staging?.close();
  }

  get #bound(): Campaign {
    if (this.#campaign === null) throw new Problem('E_BUG', 'The bundle has not begun.');
    return this.#campaign;
  }

  /** What a move does at the destination: images, ports, the server, its floating addresses, a look at it. */
  async #build(id: string): Promise<void> {
    const { says, signal } = this.#tools;
    const campaign = this.#bound;
    const server = this.#document?.servers.find((one) => one.id === id);
    if (server === undefined || this.#document === null) throw new Problem('E_BUG', `Server ${id} is not in the document.`);
    const { disks, floating_ips, mappings } = this.#document;
    const refs: Ref[] = [
      ...disks.filter(({ server_id }) => server_id === id).map((disk) => refOf('disk', disk.id)),
      ...server.ports.map((port) => refOf('port', port)),
      refOf('server', id),
      ...floating_ips
        .filter(
          ({ id: ip, port_id }) => port_id !== null && server.ports.includes(port_id) && mappings.floating_ips[ip]?.to !== 'skip',
        )
        .map((ip) => refOf('floating_ip', ip.id)),
    ];
    for (const ref of refs) {
      signal.throwIfAborted();
      await campaign.ensure(ref);
    }
    if (server.power === 'running') await this.#healthy(campaign.built(refOf('server', id)), server.name);
    const at = new Date().toISOString();
    await writeMarker(campaign.folder, [`${id}.completed`], {
      campaign: campaign.id,
      at,
      digest: digestOfJson(refs),
      counts: { disks: disks.length },
    });
    says(`Server ${server.name} is here.`);
  }

  async #healthy(id: string, name: string): Promise<void> {
    const { cloud, signal } = this.#tools;
    const end = Date.now() + healthLimitMs;
    for (;;) {
      const { healthy, says } = await (await cloud()).healthy(id, undefined, signal);
      if (healthy) return;
      if (Date.now() > end)
        throw new Problem('E_UNHEALTHY', `Server ${name} does not run here: ${says}`, { about: `server/${id}` });
      await sleep(healthIntervalMs, undefined, { signal });
    }
  }
}
