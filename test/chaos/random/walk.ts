import { randomUUID } from 'node:crypto';
import { builtByKind, sumOfRoots } from '../../../receiver/campaign/totals.ts';
import { inBuildOrder } from '../../../shared/model/build-order.ts';
import { type Configurations, resourcesOf } from '../../../shared/model/configurations.ts';
import { type Ref, refOf } from '../../../shared/model/resource.ts';
import { digestOfRoots } from '../../../shared/model/totals.ts';
import type { Dice } from '../../support/dice.ts';
import type { World } from '../../support/in-process.ts';
import { type Offered, offered } from '../../support/offered.ts';
import { aDisk } from '../../support/shop.ts';
import { aLie, type End, HostilePeer, type Manner } from './hostile-peer.ts';
import { spoilt } from './spoilt.ts';

const manners: readonly Manner[] = ['honest', 'flips a bit', 'too short', 'nothing', 'a problem'];
/**
 * A request that is not answered within so long is a flaw: milliseconds. A removal waits a minute
 * for what is in its way.
 */
const patienceMs = 150_000;

/** How far a campaign is, as the receiver tells it; it never goes back. */
const ranks: Readonly<Record<string, number>> = { new: 0, configured: 1, completed: 2, removed: 3, committed: 3 };

/** One paired sender's random conversation with a receiver about one campaign. */
export class Walk {
  readonly campaign = randomUUID();
  readonly flaws: string[] = [];
  /** How often each message was answered, refused, or ended with its connection. */
  readonly counts = { answered: 0, refused: 0, closed: 0 };
  readonly #world: World;
  readonly #dice: Dice;
  readonly #document: Configurations;
  readonly #refs: readonly Ref[];
  readonly #handles = new Map<string, number>();
  readonly #bytes: ReadonlyMap<string, Buffer>;
  readonly #disks: ReadonlyMap<string, Offered>;
  readonly #said: string[] = [];
  /** What an honest sender would say, in its order, and how far this one has got. */
  readonly #script: readonly (readonly [Name, () => unknown])[];
  #line = 0;
  #peer: HostilePeer | null = null;
  #rank = 0;
  #isCommitted = false;

  constructor(world: World, dice: Dice, document: Configurations) {
    this.#world = world;
    this.#dice = dice;
    this.#document = { ...document, campaign: this.campaign } as Configurations;
    this.#refs = resourcesOf(document).map(({ kind, id }) => refOf(kind, id));
    this.#bytes = new Map(document.disks.map(({ id }) => [id, aDisk(`what ${id} holds`)]));
    this.#disks = new Map([...this.#bytes].map(([id, bytes]) => [id, offered(bytes, { blockSize: 65_536 })]));
    this.#script = this.#honest();
  }

  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  /** Says so many random things; every third request is not waited for. */
  async say(messages: number): Promise<void> {
    const open: Promise<void>[] = [];
    for (let left = messages; left > 0; left -= 1) {
      const done = this.#step();
      if (this.#dice.onceIn(3)) open.push(done);
      else await done;
    }
    await Promise.all(open);
  }

  /** Rolls back until nothing is kept, as an honest sender goes on to do. */
  async removeAll(): Promise<void> {
    for (let tries = 0; tries < 5; tries += 1) {
      const end = await this.#request('campaign.remove', { campaign: this.campaign });
      const kept = 'answer' in end ? (end.answer['kept'] as readonly unknown[]) : null;
      if (kept?.length === 0) return;
      // The answer to a commit may have been lost with its connection.
      if ('problem' in end && end.problem.code === 'E_COMMITTED' && this.#said.includes('campaign.commit')) {
        this.#isCommitted = true;
        return;
      }
      if (tries === 4) this.flaws.push(`the rollback ends with ${JSON.stringify(end)}`);
    }
  }

  /** The bytes of every disk that it offers. */
  contents(): Buffer[] {
    return [...this.#bytes.values()];
  }

  leave(): void {
    this.#peer?.leave();
  }

  async #step(): Promise<void> {
    const dice = this.#dice;
    if (dice.onceIn(25)) this.leave();
    if (this.#peer !== null) this.#peer.manner = dice.onceIn(4) ? dice.of(manners) : 'honest';
    if (!dice.onceIn(3)) return this.#goOn();
    const name = dice.onceIn(60) ? dice.of(['campaign.remove', 'campaign.commit'] as const) : dice.of(names);
    const params = this.#params(name);
    const times = dice.onceIn(6) ? 2 + dice.below(3) : 1;
    const said = dice.onceIn(8) ? spoilt(params, dice) : params;
    await Promise.all(Array.from({ length: times }, () => this.#request(name, said)));
  }

  /** Says the next line of the script; what is refused is left out or said again. */
  async #goOn(): Promise<void> {
    const [name, params] = this.#script[this.#line] ?? (['campaign.open', () => ({ campaign: this.campaign })] as const);
    const isTotals = name === 'campaign.completed' && this.#peer !== null;
    const end = await this.#request(name, isTotals ? { campaign: this.campaign, totals: await this.#trueTotals() } : params());
    if ('answer' in end || this.#dice.onceIn(3)) this.#line += 1;
  }

  /** The totals that the receiver counts itself. */
  async #trueTotals(): Promise<unknown> {
    const there = await this.#world.openCampaign(this.campaign);
    const { roots, disks, bytes } = await sumOfRoots(there);
    return { servers: builtByKind(there)['server'] ?? 0, disks, disk_bytes: bytes, resources: {}, roots };
  }

  /** A whole campaign as an honest sender drives it. */
  #honest(): (readonly [Name, () => unknown])[] {
    const { campaign } = this;
    const lines: (readonly [Name, () => unknown])[] = [
      ['campaign.configure', () => ({ campaign, configurations: this.#document })],
    ];
    for (const { id, server_id } of this.#document.disks) {
      const one = this.#disks.get(id) as Offered;
      const handle = (): number => this.#handles.get(id) ?? 1;
      const shape = { size: one.shape.size, block_size: 65_536, algorithm: 'sha256' };
      lines.push(['disk.offer', () => ({ campaign, server: server_id, disk: id, ...shape })]);
      lines.push(['disk.page', () => ({ handle: handle(), first: 0, digests: one.digests.toString('base64') })]);
      lines.push(['disk.seal', () => ({ handle: handle(), root: one.root })]);
    }
    const late = inBuildOrder(resourcesOf(this.#document)).filter(({ kind }) => kind !== 'image');
    for (const { kind, id } of late) lines.push(['resource.ensure', () => ({ campaign, ref: refOf(kind, id) })]);
    lines.push(['campaign.completed', () => ({})]);
    if (this.#dice.onceIn(2)) lines.push(['campaign.commit', () => ({ campaign })]);
    return lines;
  }

  async #request(name: string, params: unknown): Promise<End> {
    const peer = await this.#bound();
    this.#said.push(name);
    const late = new Promise<End>((resolve) => setTimeout(resolve, patienceMs, { closed: -1 }).unref());
    const end = await Promise.race([peer.ask(name, params), late]);
    this.#judge(name, params, end, peer);
    return end;
  }

  /** A connection that is bound to the campaign. */
  async #bound(): Promise<HostilePeer> {
    if (this.#peer?.isOpen === true) return this.#peer;
    const peer = new HostilePeer(await this.#world.dial(), this.#dice);
    this.#peer = peer;
    this.#handles.clear();
    await peer.greet();
    const end = await peer.ask('campaign.open', { campaign: this.campaign });
    if ('answer' in end) this.#hearState(String(end.answer['state']));
    return peer;
  }

  #hearState(state: string): void {
    const rank = ranks[state] ?? -1;
    if (rank < this.#rank) this.flaws.push(`the campaign went back to ${state}, ${this.#lately()}`);
    this.#rank = Math.max(this.#rank, rank);
  }

  #judge(name: string, params: unknown, end: End, peer: HostilePeer): void {
    if ('closed' in end) {
      this.counts.closed += 1;
      if (end.closed === -1) this.flaws.push(`${name} was not answered in time, ${this.#lately()}`);
      return;
    }
    if ('problem' in end) {
      this.counts.refused += 1;
      if (end.problem.code === 'E_BUG') this.flaws.push(`${name} ${JSON.stringify(params)}: ${end.problem.says}`);
      return;
    }
    this.counts.answered += 1;
    if (name === 'campaign.commit') this.#isCommitted = true;
    if (name === 'disk.offer') {
      const { disk } = params as { disk: string };
      const handle = Number(end.answer['handle']);
      this.#handles.set(disk, handle);
      const one = this.#disks.get(disk);
      if (one !== undefined) peer.offered(handle, one);
    }
  }

  #lately(): string {
    return `after ${this.#said.slice(-12).join(', ')}`;
  }

  #params(name: Name): unknown {
    const dice = this.#dice;
    const campaign = dice.onceIn(30) ? randomUUID() : this.campaign;
    const disk = dice.of(this.#document.disks);
    const one = this.#disks.get(disk.id) as Offered;
    const handle = dice.onceIn(10) ? dice.below(9) : (this.#handles.get(disk.id) ?? 1);
    const server = disk.server_id;
    const blocks = one.digests.length / 32;
    const first = dice.onceIn(4) ? dice.below(blocks + 2) : 0;
    const digests = dice.onceIn(6) ? Buffer.concat([aLie(dice), one.digests.subarray(32)]) : one.digests;
    switch (name) {
      case 'campaign.configure':
        return { campaign, configurations: dice.onceIn(5) ? this.#without() : this.#document };
      case 'campaign.completed':
        return { campaign, totals: this.#totals() };
      case 'resource.ensure':
        return { campaign, ref: dice.of(this.#refs), ...(dice.onceIn(2) ? { power: dice.of(['running', 'stopped']) } : {}) };
      case 'campaign.prove':
        return { campaign, plan: one.root, waivers: one.root };
      case 'resource.compare':
        return { campaign, refs: [dice.of(this.#refs), dice.of(this.#refs)] };
      case 'resource.prepare':
      case 'resource.remove':
        return { campaign, ref: dice.of(this.#refs) };
      case 'disk.offer':
        return { campaign, server, disk: disk.id, size: one.shape.size, block_size: 65_536, algorithm: 'sha256' };
      case 'disk.page':
        return { handle, first, digests: digests.subarray(first * 32).toString('base64') };
      case 'disk.hole':
        return { handle, first, blocks: 1 + dice.below(blocks) };
      case 'disk.seal':
        return { handle, root: dice.onceIn(4) ? aLie(dice).toString('hex') : one.root };
      case 'disk.verify':
        return { campaign, server, disk: disk.id };
      case 'server.health':
        return { campaign, server };
      case 'server.watch':
        return { campaign, server, probe: dice.of(['ping', 'tcp:22', 'http://127.0.0.1:1/']) };
      case 'server.completed':
        return { campaign, server, summary: { stages: {}, downtime_ms: null, disks: [] } };
      case 'campaign.open':
      case 'campaign.commit':
      case 'campaign.remove':
        return { campaign };
      case 'cloud.facts':
        return {};
      case 'campaign.preflight':
        return { campaign, configurations: this.#document };
    }
  }

  /** The document without one of its resources. */
  #without(): unknown {
    const kind = this.#dice.of(['ports', 'security_groups', 'servers', 'networks'] as const);
    return { ...this.#document, [kind]: this.#document[kind].slice(1) };
  }

  #totals(): unknown {
    const roots = digestOfRoots(this.#document.disks.map(({ id }) => [id, this.#disks.get(id)?.root ?? '']));
    const servers = this.#document.servers.length;
    const size = [...this.#disks.values()].reduce((sum, { shape }) => sum + shape.size, 0);
    const resources = this.#dice.onceIn(2) ? {} : { server: servers };
    return { servers, disks: this.#disks.size, disk_bytes: size, resources, roots };
  }
}

type Name = (typeof names)[number] | 'campaign.commit' | 'campaign.remove';

/** Everything that it says, the usual more often than the end. */
const names = [
  'campaign.open',
  'campaign.configure',
  'campaign.configure',
  'campaign.completed',
  'campaign.preflight',
  'cloud.facts',
  'resource.ensure',
  'resource.ensure',
  'resource.ensure',
  'resource.ensure',
  'resource.ensure',
  'resource.ensure',
  'resource.prepare',
  'resource.prepare',
  'resource.remove',
  'resource.remove',
  'resource.compare',
  'campaign.prove',
  'disk.offer',
  'disk.offer',
  'disk.page',
  'disk.page',
  'disk.page',
  'disk.page',
  'disk.hole',
  'disk.seal',
  'disk.seal',
  'disk.seal',
  'disk.verify',
  'server.health',
  'server.watch',
  'server.completed',
] as const;
