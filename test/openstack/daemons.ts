/**
 * The two daemons, each in its own node as an operator would run them there, and their command
 * lines.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type CloudName, nodeAddress, password } from './lab.ts';
import { inNode, type NodeProcess, nodeBinary, repository, startInNode, stateOf } from './node.ts';

/** Which program runs in which cloud. */
const clouds = { sender: 'src', receiver: 'dst' } as const satisfies Record<string, CloudName>;

/** One of the two programs. */
export type Program = keyof typeof clouds;

/** How long a daemon may take to answer on its control socket: milliseconds. */
const readyMs = 120_000;

/** A daemon in its node. */
export interface Daemon {
  readonly program: Program;
  /**
   * Runs one command of its command line there, with `--json`, and gives what it printed; throws
   * what a failed command said.
   */
  readonly ask: <T>(args: readonly string[], input?: string) => Promise<T>;
  /** Its control socket, as this machine sees it. */
  readonly controlSocket: string;
  /** Starts it on its state, and resolves when it answers; it must have ended. */
  readonly start: () => Promise<void>;
  /** Ends it at once, as a power cut would. */
  readonly kill: () => Promise<void>;
  /** Stops it in order. */
  readonly stop: () => Promise<void>;
  /** The most memory any of its processes had resident so far, in MiB. */
  readonly peakMiB: () => Promise<number>;
}

/**
 * Writes a daemon's configuration into its node; nothing runs yet. `name`: of its folder there;
 * `more` is laid over the configuration.
 */
export async function installDaemon(
  program: Program,
  name: string,
  project: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Daemon> {
  const cloud = clouds[program];
  const folder = `/var/lib/godwit/${name}`;
  const here = join(stateOf(cloud), name);
  await rm(here, { recursive: true, force: true });
  await mkdir(join(here, 'state'), { recursive: true, mode: 0o700 });
  await write(join(here, 'clouds.yaml'), { clouds: { home: cloudOf(cloud, project) } });
  const settings = { cloud: 'home', clouds_file: `${folder}/clouds.yaml` };
  await write(join(here, `${program}.yaml`), {
    name: `${program}-${name}`,
    state: `${folder}/state`,
    cloud: { provider: 'openstack', settings },
    ...more,
  });
  return daemon(program, folder, here);
}

function daemon(program: Program, folder: string, here: string): Daemon {
  const log = join(here, 'log');
  const cloud = clouds[program];
  const command = [nodeBinary, `${repository}/dist/${program}/main.js`, '--config', `${folder}/${program}.yaml`];
  let running: NodeProcess | null = null;
  let peak = 0;
  const ask = async <T>(args: readonly string[], input = ''): Promise<T> => {
    const { code, stdout, stderr } = await inNode(cloud, [...command, '--json', ...args], { input });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
    return JSON.parse(stdout) as T;
  };
  const peakMiB = async (): Promise<number> => {
    peak = Math.max(peak, (await running?.peakResidentMiB().catch(() => 0)) ?? 0);
    return peak;
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await peakMiB();
    await running?.kill(signal);
    await running?.exited;
    running = null;
  };
  return {
    program,
    ask,
    controlSocket: join(here, 'state', 'control.sock'),
    start: async () => {
      running = await startInNode(cloud, [...command, 'run'], { log });
      await untilAnswering(ask, program, running, log);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    peakMiB,
  };
}

async function untilAnswering(ask: Daemon['ask'], program: Program, running: NodeProcess, log: string): Promise<void> {
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  for (const limit = Date.now() + readyMs; ; await sleep(500)) {
    const failure = await ask(['status']).then(() => null, String);
    if (failure === null) return;
    if (ended || Date.now() > limit) throw new Error(`The ${program} does not run, see ${log}: ${failure}`);
  }
}

/** An entry of clouds.yaml for a project's own user. */
function cloudOf(cloud: CloudName, project: string): object {
  const auth = {
    auth_url: `http://${nodeAddress[cloud]}:5000/v3`,
    username: project,
    password,
    project_name: project,
    user_domain_id: 'default',
    project_domain_id: 'default',
  };
  return { auth, region_name: cloud };
}

async function write(file: string, content: object): Promise<void> {
  await writeFile(file, stringify(content), { mode: 0o600 });
}
