/**
 * A migration as an operator drives it: pair, plan, migrate, watch. Times and bytes are told as it
 * goes on, for the log of the run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import { senderClient } from '../../sender/control/client.ts';
import type { SenderStatus } from '../../sender/control/commands/status.ts';
import type { PlanResult } from '../../sender/plan/result.ts';
import type { Report } from '../../sender/report/model.ts';
import type { Endings } from '../support/endings.ts';
import type { Daemon } from './daemons.ts';
import { installDaemon } from './daemons.ts';
import { type CloudName, nodeAddress } from './lab.ts';
import { inNode } from './node.ts';

/** Both daemons of one test. */
export interface Daemons {
  readonly sender: Daemon;
  readonly receiver: Daemon;
}

/** How the daemons of a test differ from the ordinary. */
export interface Choice {
  readonly sender?: Readonly<Record<string, unknown>>;
  readonly receiver?: Readonly<Record<string, unknown>>;
  /** Where the sender finds the receiver. */
  readonly address?: string;
}

/** A campaign in which nothing at all changes for so long has failed: milliseconds. */
const stillMs = 10 * 60_000;

/** Starts both daemons for a project, in folders of its name, and pairs them. */
export async function startPaired(project: string, endings: Endings, choice: Choice = {}): Promise<Daemons> {
  const receiver = await installDaemon('receiver', project, project, choice.receiver);
  const sender = await installDaemon('sender', project, project, choice.sender);
  endings.add('the daemons', () => Promise.all([sender.stop(), receiver.stop()]));
  await Promise.all([receiver.start(), sender.start()]);
  const { code } = await receiver.ask<{ code: string }>(['pair']);
  await sender.ask(['pair', choice.address ?? nodeAddress.dst], `${code}\n`);
  await until('The paired daemons', 60_000, async () => {
    const { peer } = await sender.ask<SenderStatus>(['status']);
    return peer?.state === 'connected' ? true : undefined;
  });
  return { sender, receiver };
}

/**
 * Plans a project's move into a file in the sender's node; `chosen`: options that choose servers.
 * Returns the file, what was found, and what the plan says.
 */
export async function plan(
  { sender }: Daemons,
  project: string,
  chosen: readonly string[] = [],
): Promise<PlanResult & { readonly file: string }> {
  const file = planFile(project);
  const found = await sender.ask<Omit<PlanResult, 'plan'>>(['plan', '--project', project, ...chosen, '--output', file]);
  const { stdout } = await inNode('src', ['cat', file]);
  tell(project, `planned: ${found.decisions.length} decisions, ${found.concerns.length} concerns`);
  return { ...found, file, plan: stdout };
}

/** Writes a plan back that was edited. */
export async function writePlan(project: string, text: string): Promise<void> {
  await inNode('src', ['tee', planFile(project)], { input: text });
}

const planFile = (project: string): string => `/var/lib/godwit/${project}/plan.yaml`;

/** Starts a campaign from the plan file; gives its id. */
export async function migrate({ sender }: Daemons, file: string, options: readonly string[] = []): Promise<string> {
  return (await sender.ask<{ campaign: string }>(['migrate', file, ...options])).campaign;
}

/**
 * One campaign's status, read from the control socket: starting a command each time would load the
 * machine more than the migration.
 */
async function statusOf({ sender }: Daemons, campaign: string): Promise<CampaignStatus> {
  const { campaigns } = await senderClient(sender.controlSocket).status();
  const found = campaigns.find(({ id }) => id === campaign);
  if (found === undefined) throw new Error(`The sender does not know campaign ${campaign}.`);
  return found;
}

/**
 * Watches a campaign until `seen` gives something, and gives that. Fails when the campaign fails,
 * when it rests in a state that was not waited for, or when nothing changes any more.
 */
export async function watch<T>(daemons: Daemons, campaign: string, seen: (status: CampaignStatus) => T | undefined): Promise<T> {
  let last = '';
  let changedAt = Date.now();
  for (;;) {
    const status = await statusOf(daemons, campaign);
    const found = seen(status);
    if (found !== undefined) return found;
    const problem = status.problem ?? status.moves.find((move) => move.problem !== null)?.problem;
    if (['failed', 'ready', 'committed', 'rolled back', 'paused'].includes(status.state))
      throw new Error(`Campaign ${campaign} is ${status.state}: ${JSON.stringify(problem ?? status.says)}`);
    const now = `${status.state}: ${status.moves.map(moveText).join('; ')}${problem ? ` – ${problem.says}` : ''}`;
    if (now !== last) {
      tell(status.project, now);
      changedAt = Date.now();
    }
    last = now;
    if (Date.now() - changedAt > stillMs) throw new Error(`Nothing has changed for ${stillMs / 60_000} minutes: ${now}`);
    await sleep(1_000);
  }
}

/** Waits until a campaign is in a state. */
export function untilState(daemons: Daemons, campaign: string, state: CampaignStatus['state']): Promise<CampaignStatus> {
  return watch(daemons, campaign, (status) => (status.state === state ? status : undefined));
}

function moveText({ name, state, phase, disks }: CampaignStatus['moves'][number]): string {
  const [disk] = disks;
  const copied = phase === 'copy' && disk ? ` ${mib(disk.doneBytes)} of ${mib(disk.sizeBytes)}, ${mib(disk.sentBytes)} sent` : '';
  return `${name.slice(0, 20)} ${state === 'moving' ? `${phase}${copied}` : state}`;
}

const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

/** Tells what a campaign took: per server and phase, bytes and downtime. */
export async function report({ sender, receiver }: Daemons, campaign: string): Promise<Report> {
  const told = await sender.ask<Report>(['report', campaign]);
  for (const { name, phases, downtimeMs, disks } of told.moves) {
    const times = phases.map((phase) => `${phase.name} ${(phase.ms / 1000).toFixed(1)}`).join(', ');
    const [disk] = disks;
    const bytes = disk ? `${mib(disk.sizeBytes)}, ${mib(disk.zeroBytes)} zeros, ${mib(disk.sentBytes)} sent` : 'no disk';
    tell(told.project, `${name.slice(0, 20)}: down ${((downtimeMs ?? 0) / 1000).toFixed(1)} s; ${bytes}; seconds: ${times}`);
  }
  const own = await sender.peakMiB();
  const other = await receiver.peakMiB();
  tell(told.project, `peak resident: sender ${own.toFixed(0)} MiB, receiver ${other.toFixed(0)} MiB`);
  return told;
}

/** Bytes that a node sent over the link since it came up. */
export async function wireBytes(cloud: CloudName): Promise<number> {
  const { stdout } = await inNode(cloud, ['cat', '/sys/class/net/eth0/statistics/tx_bytes']);
  return Number(stdout);
}

/**
 * Calls `look` every half second until it returns a value; what it throws counts as no value until
 * the limit.
 */
export async function until<T>(what: string, limitMs: number, look: () => Promise<T | undefined>): Promise<T> {
  let failure = '';
  for (const limit = Date.now() + limitMs; Date.now() < limit; await sleep(500)) {
    const found = await look().catch((error: unknown) => {
      failure = `: ${String(error)}`;
      return undefined;
    });
    if (found !== undefined) return found;
  }
  throw new Error(`${what} took more than ${limitMs / 1000} s${failure}`);
}

/** Says something in the log of the run. */
export function tell(project: string, says: string): void {
  process.stdout.write(`[${new Date().toISOString().slice(11, 19)}] ${project}: ${says}\n`);
}
