import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { limits } from '../../protocol/limits.ts';
import { Peers } from '../../protocol/transport/peers.ts';
import { subprotocol } from '../../protocol/version.ts';
import { Importer } from '../../receiver/bundle/import.ts';
import { readBundle } from '../../receiver/bundle/read.ts';
import type { ReceiverCampaign } from '../../receiver/campaign/campaign.ts';
import { Campaigns } from '../../receiver/campaign/campaigns.ts';
import { Sessions } from '../../receiver/session/sessions.ts';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import type { SenderConfig } from '../../sender/config.ts';
import { CampaignSet } from '../../sender/control/campaign-set.ts';
import { Changes } from '../../sender/control/changes.ts';
import type { SenderClient } from '../../sender/control/client.ts';
import { senderCommands } from '../../sender/control/registry.ts';
import { Bandwidth } from '../../sender/receiver/bandwidth.ts';
import { Peer } from '../../sender/receiver/peer.ts';
import type { DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import { lazily, openCloud } from '../../shared/cloud/open.ts';
import { OpenStackSettings } from '../../shared/cloud/openstack/account/config.ts';
import type { CloudSection } from '../../shared/cloud/section.ts';
import { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { Mappings } from '../../shared/model/mappings.ts';
import { Problem } from '../../shared/problem.ts';
import { startTwin, type Twin, type TwinOptions } from '../twin/twin.ts';
import { inPieces } from './bundle.ts';
import { directClient } from './direct-client.ts';
import { OpenStackUser } from './openstack-user.ts';
import { Power } from './power.ts';

const log = pino({ level: 'silent' });

// Fifty worlds at once add as many listeners as one daemon does in a year.
EventEmitter.defaultMaxListeners = 100;

/** One embedded cloud in this process and the owner of its project `shop`. */
export interface Cloud {
  readonly twin: Twin;
  readonly user: OpenStackUser;
}

/** How a daemon reaches a cloud. */
export function sectionOf({ twin }: Cloud, authUrl = twin.authUrl, username = 'demo'): CloudSection {
  const domain = { user_domain_name: 'Default', project_domain_name: 'Default' };
  const auth = { auth_url: authUrl, username, password: 'twin', project_name: 'shop', ...domain };
  return { provider: 'openstack', settings: OpenStackSettings.parse({ auth }) };
}

/** Starts an embedded cloud as fast as it can be, on what an earlier one left in `stateDir`. */
export async function openCloudAt(stateDir: string, options: Partial<TwinOptions> = {}): Promise<Cloud> {
  const fast = { pace: 0, gibibyte: 4 * 1024 * 1024 };
  const twin = await startTwin({ stateDir, zeroDiskForMembers: true, seed: { projects: ['shop'] }, ...fast, ...options });
  const user = await OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'demo', password: 'twin', project: 'shop' });
  return { twin, user };
}

/** A sender in this process, for one life. */
export interface SenderLife {
  /** Its commands, without a socket. */
  readonly daemon: SenderClient;
  readonly power: Power;
  /** Ends it as a power cut does: nothing is said, nothing is written. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** A receiver in this process, for one life. */
interface ReceiverLife {
  readonly workers: WorkerPool;
  readonly campaigns: Campaigns;
  readonly cloud: { get: () => ReturnType<typeof openCloud<'destination'>> };
  readonly sessions: Sessions;
  readonly sockets: Set<WebSocket>;
  readonly power: Power;
}

/**
 * Two clouds and two daemons in this process, without TLS, so that a daemon can be cut at any
 * record.
 */
export class World {
  /** Where the clouds, `source` and `destination`, and the daemons keep their files. */
  readonly dir: string;
  readonly source: Cloud;
  readonly destination: Cloud;
  readonly senderState: string;
  readonly receiverState: string;
  /** What the receiver makes of the destination: a cloud that can do less. */
  destinationAs: (cloud: DestinationCloud) => DestinationCloud = (cloud) => cloud;
  /** Whose credentials the sender has. */
  senderUser: 'demo' | 'admin' = 'demo';
  /** The rules of the next sender's configuration. */
  rules: SenderConfig['rules'] = null;
  /** Where the daemons reach a cloud: at itself, or at a proxy before it. */
  frontOf: (cloud: Cloud) => string = ({ twin }) => twin.authUrl;
  readonly #server: WebSocketServer;
  #receiver: ReceiverLife | null = null;

  private constructor(dir: string, source: Cloud, destination: Cloud, server: WebSocketServer) {
    this.dir = dir;
    this.source = source;
    this.destination = destination;
    this.senderState = join(dir, 'sender');
    this.receiverState = join(dir, 'receiver');
    this.#server = server;
  }

  /**
   * Opens a world in `dir` from copies of the clouds and states below `template`; the receiver is
   * off.
   */
  static async open(
    template: string,
    dir: string,
    destinationAs: Partial<TwinOptions> = {},
    sourceAs: Partial<TwinOptions> = {},
  ): Promise<World> {
    for (const side of ['sender', 'receiver']) {
      await mkdir(join(dir, side), { recursive: true });
      if (existsSync(join(template, side))) await cp(join(template, side), join(dir, side), { recursive: true });
    }
    const clouds = ['source', 'destination'].map(async (name) => {
      await cp(join(template, name), join(dir, name), { recursive: true });
      return openCloudAt(join(dir, name), name === 'destination' ? destinationAs : sourceAs);
    });
    const [source, destination] = (await Promise.all(clouds)) as [Cloud, Cloud];
    return World.#between(source, destination, dir);
  }

  /**
   * Exchanges source and destination, with new daemons in `dir`; the first world's `close` stops
   * the clouds.
   */
  async turnedRound(dir: string): Promise<World> {
    for (const side of ['sender', 'receiver']) await mkdir(join(dir, side), { recursive: true });
    return World.#between(this.destination, this.source, dir);
  }

  static async #between(source: Cloud, destination: Cloud, dir: string): Promise<World> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      maxPayload: limits.textBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const world = new World(dir, source, destination, server);
    server.on('connection', (socket) => world.#answer(socket));
    return world;
  }

  /** Starts the receiver; its power may be cut before one of its ledger's records. */
  startReceiver(cutBefore?: number): Power {
    const power = new Power(this.receiverState, cutBefore);
    const cloud = lazily(async () =>
      this.destinationAs(await openCloud('destination', sectionOf(this.destination, this.frontOf(this.destination)))),
    );
    const workers = new WorkerPool({ size: 1 });
    const campaigns = new Campaigns(this.receiverState, {
      cloud: cloud.get,
      workers,
      log,
      directIo: true,
      keptFor: null,
      images: { images: 'matching', mostBytes: 2 ** 30 },
    });
    const sessions = new Sessions({
      name: 'the receiver',
      release: '0.0.0',
      log,
      windowBytes: 32 * 1024 * 1024,
      state: this.receiverState,
      campaigns,
      cloud: cloud.get,
    });
    this.#receiver = { workers, campaigns, cloud, sessions, sockets: new Set(), power };
    return power;
  }

  /** A campaign of the receiver, which is on. */
  async openCampaign(id: string): Promise<ReceiverCampaign> {
    if (this.#receiver === null) throw new Error('The receiver is off.');
    return this.#receiver.campaigns.open(id);
  }

  /** Imports a bundle at the receiver, which is on; returns what that says to the operator. */
  async importBundle(bundle: Buffer): Promise<readonly string[]> {
    if (this.#receiver === null) throw new Error('The receiver is off.');
    const { campaigns, cloud } = this.#receiver;
    const said: string[] = [];
    const { signal } = new AbortController();
    const told = { bind: () => Promise.resolve(), tell: (sentence: string) => void said.push(sentence) };
    const mappings = Mappings.parse({});
    const importer = new Importer({ campaigns, cloud: cloud.get, state: this.receiverState, mappings, signal, ...told });
    try {
      await readBundle(inPieces(bundle), importer, signal);
    } finally {
      await importer.close();
    }
    return said;
  }

  /** A connection to the receiver, as a paired sender has it before it says anything. */
  dial(): Promise<WebSocket> {
    return dialled((this.#server.address() as AddressInfo).port);
  }

  /** Cuts every connection between the daemons, as a link does that fails. */
  cutLink(): void {
    for (const socket of this.#receiver?.sockets ?? []) socket.terminate();
  }

  /** Ends the receiver as a power cut does. */
  async killReceiver(): Promise<void> {
    const life = this.#receiver;
    this.#receiver = null;
    life?.power.off();
    for (const socket of life?.sockets ?? []) socket.terminate();
    await life?.workers.close();
    // A process that was killed has no open files.
    for (const id of (await life?.campaigns.ids()) ?? []) {
      const campaign = await life?.campaigns.known(id);
      await campaign?.disks.close();
      await campaign?.ledger.close();
    }
    await (await life?.cloud.get())?.close();
  }

  /**
   * Starts a sender on the state that is there; its power may be cut before one of its journals'
   * records.
   */
  async startSender(cutBefore?: number): Promise<SenderLife> {
    const power = new Power(this.senderState, cutBefore);
    const sockets = new Set<WebSocket>();
    const over = new AbortController();
    const dial = async (signal: AbortSignal): Promise<WebSocket> => {
      if (over.signal.aborted) await sleep(3_600_000, undefined, { signal, ref: false });
      const socket = await dialled((this.#server.address() as AddressInfo).port);
      sockets.add(socket);
      return socket;
    };
    const section = (): CloudSection => sectionOf(this.source, this.frontOf(this.source), this.senderUser);
    const source = lazily(() => openCloud('source', section()));
    const peerOptions = { name: 'the sender', release: '0.0.0', log, dial };
    const peer = new Peer({ ...peerOptions, campaign: null });
    const workers = new WorkerPool();
    const changes = new Changes();
    const bandwidth = new Bandwidth(null);
    const campaigns = new CampaignSet({
      state: this.senderState,
      changes,
      runner: {
        source: source.get,
        retirement: () => openCloud('retirement', section()),
        peer: peerOptions,
        log,
        workers,
        retryDelaysMs: [20, 50, 100],
      },
    });
    bandwidth.heed(() => campaigns.plannedBandwidth());
    const daemon = directClient(senderCommands, {
      config: { state: this.senderState, name: 'the sender', limits: { parallel: 1 }, rules: this.rules } as SenderConfig,
      release: '0.0.0',
      link: {
        identity: () => {
          throw new Error('There is no TLS here.');
        },
        nextKey: () => undefined,
        peers: new Peers(join(this.senderState, 'peers.json')),
        ssh: { knownHosts: [] },
      },
      peer,
      bandwidth,
      source: source.get,
      campaigns,
      changes,
      rotate: () => Promise.reject(new Error('There are no keys here.')),
      stopping: over.signal,
    });
    await campaigns.start();
    peer.start();
    const end = async (): Promise<void> => {
      power.off();
      over.abort(new Problem('E_CANCELLED', 'The sender is gone.'));
      for (const socket of sockets) socket.terminate();
      await workers.close();
      await (await source.opened())?.close();
    };
    return {
      daemon,
      power,
      kill: end,
      stop: async () => {
        await campaigns.stop();
        await peer.stop('The test is over.');
        await end();
      },
    };
  }

  /** Ends the daemons and leaves the clouds. */
  async closeDaemons(): Promise<void> {
    await this.killReceiver();
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async close(): Promise<void> {
    await this.closeDaemons();
    await Promise.all([this.source.twin.stop(), this.destination.twin.stop()]);
  }

  #answer(socket: WebSocket): void {
    const life = this.#receiver;
    if (life === null || life.power.isOff) {
      socket.terminate();
      return;
    }
    life.sockets.add(socket);
    socket.once('close', () => life.sockets.delete(socket));
    life.sessions.serve(socket, { name: 'the sender', fingerprint: 'of the sender' });
  }
}

async function dialled(port: number): Promise<WebSocket> {
  const options = { perMessageDeflate: false, maxPayload: limits.textBytes, generateMask: (mask: Buffer) => void mask.fill(0) };
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, subprotocol, options);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (cause) => reject(new Problem('E_PEER_UNREACHABLE', 'The receiver is off.', { cause })));
  });
  return socket;
}

/**
 * Plans the whole project and starts its campaign, with the plan as it is or as it is edited;
 * returns the campaign's id.
 */
export async function beginMigration({ daemon }: SenderLife, edit: (plan: string) => string = (plan) => plan): Promise<string> {
  const { plan, concerns } = await daemon.plan({ project: undefined, servers: [] });
  const blocking = concerns.filter(({ severity }) => severity === 'blocking');
  if (blocking.length > 0) throw new Error(`The plan is blocked: ${JSON.stringify(blocking)}`);
  return (await daemon.migrate({ plan: edit(plan), file: 'plan.yaml', options: {} })).campaign;
}

/**
 * Waits until the only campaign is in a state; throws its problem when it comes to rest in another.
 */
export async function untilState({ daemon }: SenderLife, wanted: CampaignStatus['state'], limitMs = 120_000): Promise<string> {
  const end = performance.now() + limitMs;
  for (;;) {
    const campaign = (await daemon.status()).campaigns[0];
    if (campaign?.state === wanted) return campaign.id;
    if (campaign?.state === 'failed') throw new Error(`The campaign failed: ${JSON.stringify(campaign.problem)}`);
    if (performance.now() > end)
      throw new Error(`The campaign is ${campaign?.state} and not ${wanted}: ${JSON.stringify(campaign?.moves)}`);
    await sleep(15);
  }
}
