import { join } from 'node:path';
import { type Child, freePort, startNode, untilReady } from './child.ts';
import type { Endings } from './endings.ts';

const twinScript = join(import.meta.dirname, '../twin/main.ts');

/** How an embedded cloud is started. */
export interface TwinChoice {
  /** Names its folder and its region. */
  readonly name: string;
  /** The folder under which it keeps its state. */
  readonly dir: string;
  /** Scale of its delays; 0 is as soon as possible. */
  readonly pace?: number;
  readonly projects?: readonly string[];
  /** Running servers count seconds on their disks. */
  readonly guest?: boolean;
  readonly tokenLifeSeconds?: number;
  readonly pageSize?: number;
  /** How often it writes its state at most, in milliseconds; before every answer by default. */
  readonly stateEveryMs?: number;
}

/** An embedded cloud in a process of its own. It keeps its address over `kill` and `restart`. */
export interface TwinProcess {
  readonly name: string;
  /** Its Keystone endpoint, with the version. */
  readonly authUrl: string;
  readonly stateDir: string;
  /** The file that switches its faults. */
  readonly faultsFile: string;
  readonly password: string;
  /** What `node` was started with, for people who want to start it again. */
  readonly args: readonly string[];
  readonly child: () => Child;
  readonly restart: () => Promise<void>;
}

/**
 * Starts an embedded cloud, whose members may use flavors without a disk size; `endings` stops it.
 */
export async function startTwin(choice: TwinChoice, endings: Endings): Promise<TwinProcess> {
  const { name, dir } = choice;
  const stateDir = join(dir, name);
  const password = `${name}-password`;
  const port = await freePort();
  const args = argumentsOf(choice, stateDir, port, password);
  const authUrl = `http://127.0.0.1:${port}/identity/v3`;
  const launch = () => startNode(twinScript, args, join(dir, `${name}.log`));
  let child = await launch();
  endings.add(`the cloud ${name}`, () => child.stop());
  const ready = () => untilReady(child, `The cloud ${name}`, () => answers(authUrl));
  await ready();
  return {
    name,
    authUrl,
    stateDir,
    faultsFile: join(stateDir, 'faults.json'),
    password,
    args: [twinScript, ...args],
    child: () => child,
    restart: async () => {
      await child.stop();
      child = await launch();
      await ready();
    },
  };
}

/** Starts two embedded clouds alike, `west` to move away from and `east` to move to. */
export async function startTwins(
  dir: string,
  choice: Omit<TwinChoice, 'name' | 'dir'>,
  endings: Endings,
): Promise<{ readonly west: TwinProcess; readonly east: TwinProcess }> {
  const [west, east] = await Promise.all([
    startTwin({ ...choice, name: 'west', dir }, endings),
    startTwin({ ...choice, name: 'east', dir }, endings),
  ]);
  return { west, east };
}

function argumentsOf(choice: TwinChoice, stateDir: string, port: number, password: string): string[] {
  const { name, pace = 0, projects = ['shop'], guest = false, tokenLifeSeconds, pageSize, stateEveryMs } = choice;
  return [
    `--state=${stateDir}`,
    `--port=${port}`,
    `--region=${name}`,
    `--password=${password}`,
    `--projects=${projects.join(',')}`,
    `--pace=${pace}`,
    '--zero-disk-for-members',
    ...(guest ? ['--guest'] : []),
    ...(tokenLifeSeconds === undefined ? [] : [`--token-life=${tokenLifeSeconds}`]),
    ...(pageSize === undefined ? [] : [`--page-size=${pageSize}`]),
    ...(stateEveryMs === undefined ? [] : [`--state-every=${stateEveryMs}`]),
  ];
}

async function answers(url: string): Promise<true | undefined> {
  const response = await fetch(url).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true ? true : undefined;
}
