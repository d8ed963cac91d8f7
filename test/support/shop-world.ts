import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import type { TwinOptions } from '../twin/twin.ts';
import { beginMigration, type Cloud, openCloudAt, type SenderLife, untilState, World } from './in-process.ts';
import { OpenStackUser } from './openstack-user.ts';
import { makeShop } from './shop.ts';

/** What is seen of a server. */
export interface Seen {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly locked: boolean;
}

/** Two clouds with both daemons at work. */
export interface ShopWorld {
  readonly world: World;
  readonly sender: SenderLife;
}

/** Such a world, and the campaign that was started in it. */
export interface Started extends ShopWorld {
  readonly campaign: string;
}

/** The two clouds from which the worlds of one test file are copied. */
export class ShopTemplate {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Makes an empty destination, and a source with a small shop of these servers and what `furnish`
   * adds; that gets the cloud and the folder of its files.
   */
  static async make(
    servers?: readonly string[],
    furnish?: (source: Cloud, state: string) => Promise<void>,
  ): Promise<ShopTemplate> {
    const dir = await mkdtemp(join(tmpdir(), 'shop-world-'));
    await makeShop(dir, undefined, servers);
    if (furnish !== undefined) {
      const source = await openCloudAt(join(dir, 'source'));
      await furnish(source, join(dir, 'source'));
      await source.twin.stop();
    }
    return new ShopTemplate(dir);
  }

  remove(): Promise<void> {
    return rm(this.#dir, { recursive: true, force: true });
  }

  /**
   * Opens a world until the test is over; an admin's sender is told more by its cloud. `clouds`:
   * how both are.
   */
  async world(senderUser: World['senderUser'] = 'demo', clouds: Partial<TwinOptions> = {}): Promise<ShopWorld> {
    const world = await World.open(this.#dir, await mkdtemp(join(this.#dir, 'world-')), clouds, clouds);
    onTestFinished(() => world.close());
    world.senderUser = senderUser;
    world.startReceiver();
    return { world, sender: await started(world) };
  }

  /** Opens a world and starts the campaign of the whole project in it. */
  async started(edit?: (plan: string) => string, senderUser?: World['senderUser']): Promise<Started> {
    const { world, sender } = await this.world(senderUser);
    return { world, sender, campaign: await beginMigration(sender, edit) };
  }

  /** Opens a world in which that campaign is ready: its servers have all moved. */
  async ready(): Promise<Started> {
    const begun = await this.started();
    await untilState(begun.sender, 'ready');
    return begun;
  }
}

/** The senders that were killed: nothing is left to stop of them. */
const killed = new WeakSet<SenderLife>();

async function started(world: World): Promise<SenderLife> {
  const sender = await world.startSender();
  onTestFinished(async () => {
    if (!killed.has(sender)) await sender.stop();
  });
  return sender;
}

/** Kills a sender, and starts another one on what it leaves; something may happen meanwhile. */
export async function restarted(
  { world, sender }: ShopWorld,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<SenderLife> {
  await sender.kill();
  killed.add(sender);
  await meanwhile();
  return started(world);
}

/** An admin of a cloud, in the project of the shop. */
export function adminOf({ twin }: Cloud): Promise<OpenStackUser> {
  return OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'admin', password: 'twin', project: 'shop' });
}

/** Waits until a fact is in the journal of a campaign; no status is asked for meanwhile. */
export async function untilFact(
  { daemon }: SenderLife,
  campaign: string,
  is: (fact: Readonly<Record<string, unknown>>) => boolean,
): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    const facts = (await daemon.log({ campaign })) as Readonly<Record<string, unknown>>[];
    if (facts.some(is)) return;
    if (performance.now() > end) throw new Error(`It did not come; the last facts: ${JSON.stringify(facts.slice(-3))}`);
    await sleep(10);
  }
}

/** The only campaign, once it has failed. */
export async function failedOne({ daemon }: SenderLife): Promise<CampaignStatus> {
  const end = performance.now() + 60_000;
  for (;;) {
    const [campaign] = (await daemon.status()).campaigns;
    if (campaign?.state === 'failed') return campaign;
    if (performance.now() > end) throw new Error(`It is ${campaign?.state}: ${JSON.stringify(campaign?.moves)}`);
    await sleep(30);
  }
}

/** The servers of a cloud, the shop's first one first. */
export async function serversAt({ user }: Cloud): Promise<Seen[]> {
  const servers = await user.list<Seen>('compute', '/servers/detail', 'servers');
  return servers.sort((a, b) => b.name.localeCompare(a.name));
}

/** Waits until a cloud has these servers: name, status and whether they are locked. */
export async function untilServers(cloud: Cloud, wanted: readonly (readonly [string, string, boolean])[]): Promise<void> {
  const seen = async () => (await serversAt(cloud)).map(({ name, status, locked }) => [name, status, locked]);
  await expect.poll(seen, { timeout: 20_000 }).toEqual(wanted);
}

/** Does something to a server, as its owner. */
export async function order(cloud: Cloud, server: Seen | undefined, action: string, body: unknown = null): Promise<void> {
  await cloud.user.send('POST', 'compute', `/servers/${server?.id}/action`, { [action]: body });
}

/** Does something to a server, and waits for the state that this leads to. */
export async function act(cloud: Cloud, server: Seen | undefined, action: string, status: string): Promise<void> {
  await order(cloud, server, action);
  const seen = async () => (await serversAt(cloud)).find(({ id }) => id === server?.id)?.status;
  await expect.poll(seen, { timeout: 20_000 }).toBe(status);
}
