import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import { type SenderClient, senderClient } from '../../sender/control/client.ts';
import type { Plan } from '../../sender/model/plan.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import { ask, cli, type Daemon, pairDaemons, startDaemon, writeReceiverConfig, writeSenderConfig } from './daemons.ts';
import { Endings } from './endings.ts';
import { type Cloud, openCloudAt } from './in-process.ts';
import { OpenStackUser } from './openstack-user.ts';
import { censusOf, makeShop } from './shop.ts';

/** How a daemon signs in to the embedded cloud. */
const accessTo = ({ twin }: Cloud, name: string) => ({ name, authUrl: twin.authUrl, password: 'twin' });

/** How a command was refused. */
export interface Refused extends ProblemJson {
  readonly exit: number | null;
}

/** The problem that a command with `--json` ended with. */
export async function refusedBy(daemon: Daemon, args: readonly string[], input = ''): Promise<Refused> {
  const { code, stdout, stderr } = await cli(daemon.config, [...args, '--json'], input);
  const last = (stdout || stderr).trim().split('\n').at(-1) ?? '';
  const told = [last, stdout, stderr].map(problemIn).find((problem) => problem !== undefined);
  if (told === undefined) throw new Error(`${args.join(' ')} ended with ${code} and told no problem:\n${stdout}${stderr}`);
  return { exit: code, ...told };
}

function problemIn(text: string): ProblemJson | undefined {
  try {
    return (JSON.parse(text) as { problem?: ProblemJson }).problem ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Two embedded clouds in this process, a small shop in one, and two paired daemons as processes.
 */
export class TwoClouds {
  readonly dir: string;
  readonly endings: Endings;
  readonly source: Cloud;
  readonly destination: Cloud;
  readonly sender: Daemon;
  readonly receiver: Daemon;
  /** The sender without its command line. */
  readonly daemon: SenderClient;
  /** A valid plan of the whole project. */
  readonly plan: Plan;

  private constructor(parts: Pick<TwoClouds, 'dir' | 'endings' | 'source' | 'destination' | 'sender' | 'receiver' | 'plan'>) {
    this.dir = parts.dir;
    this.endings = parts.endings;
    this.source = parts.source;
    this.destination = parts.destination;
    this.sender = parts.sender;
    this.receiver = parts.receiver;
    this.plan = parts.plan;
    this.daemon = senderClient(parts.sender.config.control);
  }

  /**
   * Opens everything; `prepare` runs first, in its folder. The daemons retry twice at once, not for
   * a minute.
   */
  static async open(more: { prepare?: (dir: string, endings: Endings) => Promise<void> } = {}): Promise<TwoClouds> {
    const dir = await mkdtemp(join(tmpdir(), 'godwit-two-'));
    const endings = new Endings();
    endings.add('the folder', () => rm(dir, { recursive: true, force: true }));
    await more.prepare?.(dir, endings);
    await makeShop(dir);
    const [source, destination] = await Promise.all(['source', 'destination'].map((name) => openCloudAt(join(dir, name))));
    if (source === undefined || destination === undefined) throw new Error('There are two clouds.');
    endings.add('the source', () => source.twin.stop());
    endings.add('the destination', () => destination.twin.stop());
    const limits = { retry_after_seconds: [0.1, 0.2] };
    const [sender, receiver] = await Promise.all([
      startDaemon(await writeSenderConfig(dir, accessTo(source, 'west'), {}, { limits }), endings),
      startDaemon(await writeReceiverConfig(dir, accessTo(destination, 'east')), endings),
    ]);
    await pairDaemons(sender.config, receiver.config);
    const file = join(dir, 'good.yaml');
    await ask(sender.config, ['plan', '--project', 'shop', '--force', '-o', file]);
    const plan = parse(await readFile(file, 'utf8')) as Plan;
    return new TwoClouds({ dir, endings, source, destination, sender, receiver, plan });
  }

  close(): Promise<void> {
    return this.endings.run();
  }

  /** How many requests that write either cloud has seen; signing in is none. */
  writes(): number {
    return [this.source, this.destination]
      .flatMap(({ twin }) => twin.requests)
      .filter(({ method, path }) => method !== 'GET' && method !== 'HEAD' && !path.startsWith('/identity')).length;
  }

  /** Writes a plan, or any text, into a file. */
  async planFile(plan: unknown): Promise<string> {
    const file = join(this.dir, 'bad.yaml');
    await writeFile(file, typeof plan === 'string' ? plan : stringify(plan));
    return file;
  }

  /** Starts a plan that MUST be refused before any write; returns the problem. */
  async refusalOf(plan: unknown): Promise<Refused> {
    const file = await this.planFile(plan);
    const before = this.writes();
    const refused = await refusedBy(this.sender, ['migrate', file]);
    expect(this.writes(), 'no write on either cloud').toBe(before);
    expect(refused.hint).not.toBe('');
    return refused;
  }

  /** A campaign as it is now. */
  async campaign(id: string): Promise<CampaignStatus> {
    const campaign = (await this.daemon.status()).campaigns.find((one) => one.id === id);
    if (campaign === undefined) throw new Error(`There is no campaign ${id}.`);
    return campaign;
  }

  /** Waits until a campaign no longer changes, and returns its status. */
  async rest(id: string, limitMs = 60_000): Promise<CampaignStatus> {
    return this.#until(id, ({ state }) => !['preparing', 'moving', 'committing', 'rolling back'].includes(state), limitMs);
  }

  /** Waits until a server of a campaign is in a phase. */
  async untilPhase(id: string, phase: string): Promise<void> {
    await this.#until(id, ({ moves }) => moves.some((move) => move.state === 'moving' && move.phase === phase), 120_000);
  }

  /** A cloud whose owner has signed in anew, after all tokens have expired. */
  again(side: 'source' | 'destination'): Promise<{ readonly user: OpenStackUser }> {
    const { authUrl } = this[side].twin;
    return OpenStackUser.signIn({ authUrl, user: 'demo', password: 'twin', project: 'shop' }).then((user) => ({ user }));
  }

  /** The states of the source's servers. */
  async sourceStates(): Promise<readonly string[]> {
    return (await censusOf(this.source)).statuses;
  }

  async #until(id: string, is: (campaign: CampaignStatus) => boolean, limitMs: number): Promise<CampaignStatus> {
    const end = performance.now() + limitMs;
    for (;;) {
      const campaign = await this.campaign(id);
      if (is(campaign)) return campaign;
      if (performance.now() > end) throw new Error(`Campaign ${id} is ${campaign.state}: ${JSON.stringify(campaign)}`);
      await sleep(50);
    }
  }
}
