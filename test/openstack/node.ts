/**
 * Processes inside the nodes: they see what a daemon on a controller sees, and of this machine only
 * the repository at /godwit.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { CloudName } from './lab.ts';
import { type Finished, finished } from './process.ts';

/** The repository as a node sees it, read-only. */
export const repository = '/godwit';

/** The pinned Node binary as a node sees it. */
export const nodeBinary = `${repository}/node_modules/node/bin/node`;

const labDirectory = process.env['GODWIT_LAB'] ?? '/var/tmp/godwit-lab';

/** Where this machine finds a file of a node's private state directory /var/lib/godwit. */
export const stateOf = (cloud: CloudName): string => `${labDirectory}/${cloud}/data/godwit`;

/**
 * What a command in a node gets: `env` beside a plain PATH, HOME and LANG, `input` as UTF-8,
 * `signal` to end it.
 */
export interface InNodeOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs a command in a node to its end and gives its exit code and output, whatever they are;
 * rejects when the node is down.
 */
export async function inNode(cloud: CloudName, argv: readonly string[], options: InNodeOptions = {}): Promise<Finished> {
  const child = spawn('nsenter', enter(cloud, argv), { env: environment(options.env), signal: options.signal, stdio: 'pipe' });
  return await finished(child, options.input);
}

/** A process that was started in a node and goes on until it ends by itself or is signalled. */
export interface NodeProcess {
  /** Resolves with the exit code, or 128 and the signal's number, when it has ended. */
  readonly exited: Promise<number | null>;
  /**
   * Sends a signal to the process in the node (not to what carries it there); false when it has
   * ended already.
   */
  readonly kill: (signal: NodeJS.Signals) => Promise<boolean>;
  /** The most memory it ever had resident, in MiB; rejects when it has ended. */
  readonly peakResidentMiB: () => Promise<number>;
}

/**
 * Starts a long-lived process in a node; what it writes is appended to the file `log` on this
 * machine.
 */
export async function startInNode(
  cloud: CloudName,
  argv: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly log: string },
): Promise<NodeProcess> {
  const log = await open(options.log, 'a');
  const child = spawn('nsenter', enter(cloud, argv), { env: environment(options.env), stdio: ['ignore', log.fd, log.fd] });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  await log.close();
  const inner = () => innerPid(child.pid);
  return {
    exited,
    kill: async (signal) => {
      const pid = await inner();
      return pid !== undefined && process.kill(pid, signal);
    },
    peakResidentMiB: async () => {
      const status = await readFile(`/proc/${await inner()}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
    },
  };
}

/** nsenter's arguments for all of a node's namespaces. */
function enter(cloud: CloudName, argv: readonly string[]): string[] {
  const pid = readFileSync(`${labDirectory}/run/${cloud}.pid`, 'utf8').trim();
  return ['-t', pid, '-m', '-n', '-u', '-i', '-p', '-r', '-w', '--', ...argv];
}

/** Secrets are passed in the environment, for arguments show in a process list. */
function environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return { PATH: path, HOME: '/root', LANG: 'C.UTF-8', ...extra };
}

/** To enter a pid namespace nsenter must fork, so the process meant is its only child. */
async function innerPid(carrier: number | undefined): Promise<number | undefined> {
  const children = await readFile(`/proc/${carrier}/task/${carrier}/children`, 'utf8').catch(() => '');
  const pid = children.trim().split(' ')[0];
  return pid ? Number(pid) : undefined;
}
