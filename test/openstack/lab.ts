/**
 * The lab of two real OpenStack clouds, as the tests use it; README.md describes it. Every function
 * needs root.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { finished } from './process.ts';

/** The two clouds: `src` is where the tenant lives, `dst` where it goes. */
export type CloudName = 'src' | 'dst';

/**
 * Whose credentials the openstack client uses: `src` is the user demo of that cloud, `src-admin`
 * its administrator.
 */
export type Credentials = CloudName | `${CloudName}-admin`;

/** A project of one cloud, worked with by the user of the same name. */
export interface Account {
  readonly cloud: CloudName;
  readonly project: string;
}

/** The password of everybody in both clouds. */
export const password = 'opensesame-lab';

/** Each cloud's IPv4 address on the link between them: its APIs and its daemon listen there. */
export const nodeAddress: Readonly<Record<CloudName, string>> = { src: '10.77.0.10', dst: '10.77.0.20' };

/**
 * How the clouds come up: `fresh` forgets their state first, `tokenLifeS` is how long a Keystone
 * token lives (3,600 s unless said).
 */
export interface UpOptions {
  readonly fresh?: boolean;
  readonly tokenLifeS?: number;
}

/**
 * Brings the clouds up and resolves when every agent is alive: minutes from nothing, a second when
 * they are up already.
 */
export async function up(options: UpOptions = {}, clouds: readonly CloudName[] = ['src', 'dst']): Promise<void> {
  const fresh = options.fresh ? '1' : '';
  await script('up.sh', clouds, { env: { FRESH: fresh, TOKEN_LIFE: String(options.tokenLifeS ?? 3600) } });
}

/** Makes the sample tenant in a project of a cloud that has its offers; may be repeated. */
export async function populate({ cloud, project }: Account): Promise<void> {
  await script('tenant/populate.sh', [cloud, project]);
}

/** Makes the tenant with volumes in a project of a cloud that has its offers; may be repeated. */
export async function populateWithVolumes({ cloud, project }: Account): Promise<void> {
  await script('tenant/volumes.sh', [cloud, project]);
}

/** Makes the odd tenant in an empty project of a cloud that has its offers. */
export async function populateOddly({ cloud, project }: Account): Promise<void> {
  await script('tenant/odd.sh', [cloud, project]);
}

/**
 * Runs many commands in one start of the real openstack client (two seconds each otherwise) and
 * gives their outputs as printed; stops at the first failure.
 */
export async function openstackBatch(who: Credentials | Account, commands: readonly (readonly string[])[]): Promise<string[]> {
  if (commands.length === 0) return [];
  const input = commands.map((command) => `${JSON.stringify(command)}\n`).join('');
  const answers = await script('os-batch', optionsOf(who), { input });
  return answers
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => String(JSON.parse(line)));
}

/**
 * The newest microversion that both clouds and the client know: it shows descriptions, tags and
 * locks.
 */
const computeApi = process.env['GODWIT_COMPUTE_API'] ?? '2.92';

/** The first arguments of `os` and `os-batch`. */
function optionsOf(who: Credentials | Account): string[] {
  const version = ['--os-compute-api-version', computeApi];
  if (typeof who === 'string') return [who, ...version];
  return [`${who.cloud}-anybody`, '--os-username', who.project, '--os-project-name', who.project, ...version];
}

/**
 * GETs http://ip/path from between the clouds (POSTs when there is a body) and gives the answer's
 * body; rejects on silence or an error status.
 */
export async function http(ip: string, path: string, body?: string): Promise<string> {
  const post = body === undefined ? [] : ['--data-binary', '@-'];
  const options = body === undefined ? {} : { input: body };
  return await script('operator', ['curl', '-sS', '--fail', '--max-time', '10', ...post, `http://${ip}${path}`], options);
}

/**
 * What a guest of the lab's image says of itself at /cgi-bin/info; `ticks` grows by one each second
 * it runs, on its disk.
 */
export interface GuestInfo {
  readonly host: string;
  readonly ip: string;
  readonly mac: string;
  readonly boots: number;
  readonly ticks: number;
  readonly counter: number;
  readonly instance: string;
  readonly uptime_s: number;
}

/** Asks the guest behind a floating IP who it is. */
export async function guestInfo(ip: string): Promise<GuestInfo> {
  return JSON.parse(await http(ip, '/cgi-bin/info')) as GuestInfo;
}

/**
 * Limits the link of each cloud in both directions to a rate in tc's notation (`20mbit`), or frees
 * it.
 */
export async function shape(rate: string, clouds: readonly CloudName[] = ['src', 'dst']): Promise<void> {
  await script('wan.sh', [rate, ...clouds]);
}

/** Pulls the plug between the clouds: nothing is refused, packets are simply lost. */
export async function linkDown(clouds: readonly CloudName[] = ['src']): Promise<void> {
  await script('wan.sh', ['down', ...clouds]);
}

/** Puts the plug back. */
export async function linkUp(clouds: readonly CloudName[] = ['src']): Promise<void> {
  await script('wan.sh', ['up', ...clouds]);
}

interface ScriptOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/**
 * Runs one of the scripts beside this file and gives its standard output; rejects with the end of
 * what it said when it fails.
 */
async function script(name: string, args: readonly string[], options: ScriptOptions = {}): Promise<string> {
  const argv = [join(import.meta.dirname, name), ...args];
  const { code, stdout, stderr } = await finished(
    spawn('bash', argv, { env: { ...process.env, ...options.env }, stdio: 'pipe' }),
    options.input,
  );
  if (code !== 0) throw new Error(`${name} ${args.join(' ')}: exit ${code}: ${(stderr || stdout).trim().slice(-2000)}`);
  return stdout;
}
