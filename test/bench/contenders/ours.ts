import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { Configurations } from '../../../shared/model/configurations.ts';
import type { Moved, Order, OrderedDisk } from '../ends/order.ts';
import type { Lab } from '../lab/lab.ts';
import type { Child } from '../lab/side.ts';
import { shell } from '../lab/tool.ts';

const root = join(import.meta.dirname, '../../..');
const port = 9443;

/** Both ends, paired: the receiver is the daemon itself, the sender its modules without a cloud. */
export class Ours {
  readonly campaign = randomUUID();
  readonly #lab: Lab;
  readonly #folder: string;
  #sender: Conversation | null = null;
  #receiver: Child | null = null;

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.#folder = join(lab.folder, 'ours');
  }

  /**
   * Starts both with empty state, pairs them, and tells the receiver of servers with one disk each.
   */
  static async open(lab: Lab, servers: readonly string[]): Promise<Ours> {
    const ours = new Ours(lab);
    await rm(ours.#folder, { recursive: true, force: true });
    await mkdir(ours.#folder, { recursive: true });
    await writeFile(ours.#config, stringify(ours.#settings));
    try {
      await ours.#begin(servers);
    } catch (error) {
      await ours.close();
      throw error;
    }
    return ours;
  }

  async #begin(servers: readonly string[]): Promise<void> {
    await this.startReceiver();
    this.startSender();
    const receiver = `${process.execPath} ${join(root, 'receiver/main.ts')} --config ${this.#config}`;
    const { code } = JSON.parse(await shell(`${receiver} pair --json`)) as { code: string };
    await this.#order({ do: 'pair', address: `wss://${this.#lab.network.address}:${port}`, code });
    await this.#order({ do: 'configure', campaign: this.campaign, configurations: documentOf(this.campaign, servers) });
  }

  /**
   * Moves files as the disks of servers. A server that is moved again is compared with what arrived
   * before.
   */
  async move(paths: Readonly<Record<string, string>>, { parallel = 1, control = false } = {}): Promise<Moved> {
    const disks: OrderedDisk[] = Object.entries(paths).map(([server, path]) => ({ server, disk: diskOf(server), path }));
    return (await this.#order({ do: 'move', campaign: this.campaign, disks, parallel, control })) as Moved;
  }

  /** Round trips of control messages while nothing moves, in milliseconds. */
  async listen(seconds: number): Promise<readonly number[]> {
    const { trips } = (await this.#order({ do: 'listen', campaign: this.campaign, seconds })) as Moved;
    return trips;
  }

  /** Where a server's disk arrived. */
  arrived(server: string): string {
    return join(this.#folder, 'receiver/campaigns', this.campaign, 'disks', server, `${diskOf(server)}.raw`);
  }

  async startReceiver(): Promise<void> {
    this.#receiver = this.#lab.far.spawn([process.execPath, join(root, 'receiver/main.ts'), 'run', '--config', this.#config]);
    let said = '';
    this.#receiver.stderr.on('data', (text: Buffer) => (said = `${said}${text.toString()}`.slice(-4000)));
    for (let tries = 0; tries < 1200 && this.#receiver.exitCode === null; tries += 1) {
      if (said.includes('receiver ready')) return;
      await sleep(50);
    }
    throw new Error(`The receiver did not start: ${said}`);
  }

  startSender(): void {
    const script = fileURLToPath(import.meta.resolve('../ends/sender.ts'));
    this.#sender = new Conversation(this.#lab.near.spawn([process.execPath, script, join(this.#folder, 'sender')]));
  }

  /** Ends one side as a power cut would. */
  async kill(which: 'sender' | 'receiver'): Promise<void> {
    const child = which === 'sender' ? this.#sender?.child : this.#receiver;
    if (child === undefined || child === null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** The most memory that either process was ever resident in: bytes; see proc(5), VmHWM. */
  async peakBytes(): Promise<{ near: number; far: number }> {
    return { near: await highWater(this.#sender?.child.pid), far: await highWater(this.#receiver?.pid) };
  }

  /** Ends both in order, and deletes what they have. */
  async close(): Promise<void> {
    this.#sender?.child.stdin.end();
    await this.#lab.near.clear();
    await this.#lab.far.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #config(): string {
    return join(this.#folder, 'receiver.yaml');
  }

  get #settings(): object {
    // The cloud is never asked: nothing is built, and what is not imported needs none.
    const auth = { auth_url: 'http://127.0.0.1:9/v3', username: 'none', password: 'none', project_name: 'none' };
    return {
      name: 'bench',
      state: join(this.#folder, 'receiver'),
      listen: { host: this.#lab.network.address, port },
      cloud: { provider: 'openstack', settings: { auth } },
    };
  }

  async #order(order: Order): Promise<unknown> {
    if (this.#sender === null) throw new Error('The sender does not run.');
    return this.#sender.ask(order);
  }
}

/** Orders and answers over the streams of our sender's process. */
class Conversation {
  readonly child: Child;
  #waiting: PromiseWithResolvers<string>[] = [];
  #said = '';

  constructor(child: Child) {
    this.child = child;
    const answers = createInterface({ input: child.stdout });
    answers.on('line', (line) => this.#waiting.shift()?.resolve(line));
    answers.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`The sender ended. It said: ${this.#said}`));
    });
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (text: Buffer) => {
      this.#said = `${this.#said}${text.toString()}`.slice(-4000);
    });
  }

  async ask(order: Order): Promise<unknown> {
    const line = Promise.withResolvers<string>();
    this.#waiting.push(line);
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
    const answer = JSON.parse(await line.promise) as { error?: string };
    if (answer.error !== undefined) throw new Error(`The sender failed: ${answer.error}\n${this.#said}`);
    return answer;
  }
}

function diskOf(server: string): string {
  return `${server}.root`;
}

function documentOf(campaign: string, servers: readonly string[]): Configurations {
  return Configurations.parse({
    format: 'godwit/configurations',
    version: 2,
    created_at: new Date().toISOString(),
    release: 'bench',
    campaign,
    source: { provider: 'openstack', project_id: 'bench', project_name: 'bench' },
    disks: servers.map((server) => ({ id: diskOf(server), name: diskOf(server), server_id: server })),
    servers: servers.map((server) => ({
      id: server,
      name: server,
      power: 'stopped',
      flavor_id: 'flavor',
      disks: [diskOf(server)],
    })),
  });
}

async function highWater(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
