import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { type Child, freePort, startNode, untilReady } from './child.ts';
import type { TwinProcess } from './clouds.ts';
import type { Endings } from './endings.ts';

/** The two programs. */
export type Bin = 'sender' | 'receiver';

/** The script of a program. */
export const scriptOf = (bin: Bin): string => join(import.meta.dirname, `../../${bin}/main.ts`);

/** A configuration that was written: of which program, where, and the places it names. */
export interface WrittenConfig {
  readonly bin: Bin;
  readonly file: string;
  readonly state: string;
  readonly control: string;
}

/** Where an embedded cloud is, in this process or in one of its own. */
export type TwinAccess = Pick<TwinProcess, 'name' | 'authUrl' | 'password'>;

/** Who a daemon is in its cloud: a project, and a user with a role there. */
export interface Credentials {
  readonly project?: string;
  readonly user?: string;
}

/**
 * Writes `sender.yaml` for a source cloud into `dir`; `more` is laid over it, section by section.
 */
export async function writeSenderConfig(
  dir: string,
  twin: TwinAccess,
  credentials: Credentials = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<WrittenConfig> {
  return write('sender', dir, twin, credentials, more);
}

/** Writes `receiver.yaml` into `dir`; the receiver listens on one free port of 127.0.0.1. */
export async function writeReceiverConfig(
  dir: string,
  twin: TwinAccess,
  credentials: Credentials = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<WrittenConfig> {
  return write('receiver', dir, twin, credentials, { listen: { host: '127.0.0.1', port: await freePort() }, ...more });
}

async function write(
  bin: Bin,
  dir: string,
  twin: TwinAccess,
  credentials: Credentials,
  more: Readonly<Record<string, unknown>>,
): Promise<WrittenConfig> {
  const state = join(dir, bin);
  await mkdir(state, { recursive: true, mode: 0o700 });
  const cloud = more['cloud'] ?? (await writeCredentials(dir, bin, twin, credentials));
  const settings = { name: `${bin}-${twin.name}`, state, ...more, cloud };
  const file = join(dir, `${bin}.yaml`);
  await writeFile(file, stringify(settings), { mode: 0o600 });
  return { bin, file, state, control: join(state, 'control.sock') };
}

/** Writes a file with the password, and returns the configuration's `cloud` that names it. */
async function writeCredentials(
  dir: string,
  bin: Bin,
  { authUrl, password }: TwinAccess,
  { project = 'shop', user = 'demo' }: Credentials,
): Promise<object> {
  const secret = join(dir, `${bin}.password`);
  await writeFile(secret, password, { mode: 0o600 });
  const domain = { user_domain_name: 'Default', project_domain_name: 'Default' };
  const auth = { auth_url: authUrl, username: user, password: `file:${secret}`, project_name: project, ...domain };
  return { provider: 'openstack', settings: { auth } };
}

/** A daemon in a process of its own. */
export interface Daemon {
  readonly config: WrittenConfig;
  readonly child: () => Child;
  /** Ends it with SIGKILL, as a power cut would. */
  readonly kill: () => Promise<void>;
  /** Stops it in order. */
  readonly stop: () => Promise<void>;
  /** Starts it again on the same state; it must have ended. */
  readonly start: () => Promise<void>;
}

/**
 * Starts a daemon; it answers on its control socket when the promise resolves. `endings` stops it.
 * It runs from its source unless another script is given.
 */
export async function startDaemon(
  config: WrittenConfig,
  endings: Endings,
  env: Readonly<Record<string, string>> = {},
  script = scriptOf(config.bin),
): Promise<Daemon> {
  const { bin, file, state, control } = config;
  const launch = () => startNode(script, ['run', '--config', file], join(state, '..', `${bin}.log`), env);
  let child = await launch();
  endings.add(`the ${bin}`, () => child.stop());
  const ready = () => untilReady(child, `The ${bin}`, () => listens(control));
  await ready();
  return {
    config,
    child: () => child,
    kill: () => child.kill(),
    stop: () => child.stop(),
    start: async () => {
      child = await launch();
      await ready();
    },
  };
}

/** Whether a Unix socket accepts connections; a file that a killed daemon left does not. */
async function listens(path: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => socket.destroy());
  });
}

/** How a command ended and all it wrote. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of a program to its end, whatever that is; `input` goes to its stdin. */
export async function cli(config: WrittenConfig, args: readonly string[], input: string | Buffer = ''): Promise<CliResult> {
  const child = spawn(process.execPath, [scriptOf(config.bin), '--config', config.file, ...args], { stdio: 'pipe' });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // A command that ends without reading its input breaks the pipe; its exit code says more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** Runs one command on this process's terminal, or all on stderr; resolves with its exit code. */
export async function cliShown(
  config: WrittenConfig,
  args: readonly string[],
  where: 'terminal' | 'stderr' = 'terminal',
): Promise<number | null> {
  const out = where === 'terminal' ? 'inherit' : 2;
  const child = spawn(process.execPath, [scriptOf(config.bin), '--config', config.file, ...args], { stdio: ['ignore', out, 2] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/**
 * Runs one command with `--json` and parses what it printed, unchecked; throws a failed command's
 * output.
 */
export async function ask<T>(config: WrittenConfig, args: readonly string[], input = ''): Promise<T> {
  const { code, stdout, stderr } = await cli(config, [...args, '--json'], input);
  if (code !== 0) throw new Error(`${config.bin} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return JSON.parse(stdout) as T;
}

/**
 * Pairs two running daemons by their commands, the code through stdin; returns the receiver's name.
 */
export async function pairDaemons(sender: WrittenConfig, receiver: WrittenConfig): Promise<string> {
  const { code, address } = await ask<{ code: string; address: string }>(receiver, ['pair']);
  const { name } = await ask<{ name: string }>(sender, ['pair', address], `${code}\n`);
  return name;
}
