import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleBlockBytes, type DiskHead, type Header } from '../../shared/bundle/format.ts';
import type { BundleVisitor, Stretch } from '../../shared/bundle/read.ts';
import type { DestinationCloud } from '../../shared/cloud/cloud.ts';
import { proposeMappings } from '../../shared/cloud/propose.ts';
import { freeBytes } from '../../shared/disk/free.ts';
import { mustNotBlock } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { type Mappings, overlaid } from '../../shared/model/mappings.ts';
import { digestOfJson, writeMarker } from '../../shared/model/marker.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import { spaceConcerns } from '../../shared/model/space.ts';
import { Problem } from '../../shared/problem.ts';
import type { Campaign } from '../campaign.ts';
import type { Campaigns } from '../campaigns.ts';
import { Staging } from './staging.ts';

/** The marker of a campaign that came as a bundle. */
const importMarker = 'imported';

/** Whether a campaign came as a bundle, and not over a session. */
export async function wasImported({ folder }: Campaign): Promise<boolean> {
  return (await stat(join(folder, 'markers', importMarker)).catch(() => null)) !== null;
}

/** How often, and for how long at most, a new server is looked at until it runs: milliseconds. */
const healthIntervalMs = 1_000;
const healthLimitMs = 300_000;

/** What an import works with. `mappings`: the operator's, over what is proposed. */
export interface ImportTools {
  readonly campaigns: Campaigns;
  readonly cloud: () => Promise<DestinationCloud>;
  readonly state: string;
  readonly mappings: Mappings;
  readonly signal: AbortSignal;
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
    const { campaigns, signal, says } = this.#tools;
    const known = (await campaigns.ids()).includes(header.campaign) ? await campaigns.open(header.campaign) : null;
    const mappings = await this.#mappings(document, known);
    const mapped = { ...document, mappings };
    if (known === null || known.ledger.state === 'new') await this.#preflight(mapped);
    this.#campaign = known ?? (await campaigns.open(header.campaign));
    this.#document = mapped;
    for (const { server_id } of document.disks) this.#awaited.set(server_id, (this.#awaited.get(server_id) ?? 0) + 1);
    await writeMarker(this.#campaign.folder, [importMarker], {
      campaign: header.campaign,
      at: new Date().toISOString(),
      digest: digestOfJson(document),
      counts: {},
    });
    const { counts } = await this.#campaign.configure(mapped, () => undefined);
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

  /** The operator's mappings over those the campaign began with, or, for a new one, over what is proposed. */
  async #mappings(document: Configurations, known: Campaign | null): Promise<Mappings> {
    const { mappings: own, cloud, signal } = this.#tools;
    const begun = known?.mappings;
    const base = begun ?? proposeMappings(document, await (await cloud()).facts(signal));
    const sent = begun === undefined ? document.mappings : { flavors: {}, networks: {}, gateways: {}, floating_ips: {} };
    return overlaid(base, sent, own);
  }

  /** Everything that stands in the way here, all at once and before any write. Throws E_BLOCKED. */
  async #preflight(document: Configurations): Promise<void> {
    const { cloud, state, signal } = this.#tools;
    const resources = resourcesOf(document);
    const { concerns } = await (await cloud()).preflight(resources, document.mappings, signal);
    const space = spaceConcerns(resources, await freeBytes(state), "the receiver's state directory");
    mustNotBlock([...concerns, ...space], {
      hint: 'Resolve them, or map otherwise in a file for `--mappings`; nothing was written.',
    });
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
    if (server.status === 'ACTIVE') await this.#healthy(campaign.built(refOf('server', id)), server.name);
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
