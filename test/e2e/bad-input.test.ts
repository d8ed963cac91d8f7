import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { SenderStatus } from '../../sender/commands.ts';
import { startTwin } from '../../shared/cloud/openstack/twin/twin.ts';
import type { Plan } from '../../shared/model/plan.ts';
import { ask, cli, type Daemon, pairDaemons, startDaemon, writeReceiverConfig, writeSenderConfig } from '../support/daemons.ts';
import { Endings } from '../support/endings.ts';
import { type Cloud, openCloudAt } from '../support/in-process.ts';
import { OpenStackUser } from '../support/openstack-user.ts';
import { aDisk, censusOf, makeShop } from '../support/shop.ts';

let dir: string;
let endings: Endings;
let source: Cloud;
let destination: Cloud;
let sender: Daemon;
let receiver: Daemon;
/** A good plan. */
let good: Plan;

const access = (cloud: Cloud, name: string) => ({ name, authUrl: cloud.twin.authUrl, password: 'twin' });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'godwit-bad-'));
  endings = new Endings();
  endings.add('the folder', () => rm(dir, { recursive: true, force: true }));
  await makeShop(dir);
  source = await openCloudAt(join(dir, 'source'));
  destination = await openCloudAt(join(dir, 'destination'));
  endings.add('the source', () => source.twin.stop());
  endings.add('the destination', () => destination.twin.stop());
  [sender, receiver] = await Promise.all([
    startDaemon(await writeSenderConfig(dir, access(source, 'west')), endings),
    startDaemon(await writeReceiverConfig(dir, access(destination, 'east')), endings),
  ]);
  await pairDaemons(sender.config, receiver.config);
  await ask(sender.config, ['plan', '--project', 'shop', '-o', join(dir, 'good.yaml')]);
  good = parse(await readFile(join(dir, 'good.yaml'), 'utf8')) as Plan;
});
afterAll(async () => {
  await endings?.run();
});

/** How many requests that write either cloud has seen; signing in is none. */
function writes(): number {
  return [source, destination]
    .flatMap(({ twin }) => twin.requests)
    .filter(({ method, path }) => method !== 'GET' && method !== 'HEAD' && !path.startsWith('/identity')).length;
}

async function planFile(plan: unknown): Promise<string> {
  const file = join(dir, 'bad.yaml');
  await writeFile(file, typeof plan === 'string' ? plan : stringify(plan));
  return file;
}

/** Migrates by a plan that must be refused, and holds the refusal to what every refusal must be. */
async function refusalOf(plan: unknown): Promise<{ exit: number | null; code: string; says: string; hint: string }> {
  const file = await planFile(plan);
  const before = writes();
  const { code, stdout, stderr } = await cli(sender.config, ['migrate', file, '--json']);
  expect(writes(), 'no write on either cloud').toBe(before);
  const { problem } = JSON.parse(stdout || stderr) as { problem: { code: string; says: string; hint: string } };
  return { exit: code, ...problem };
}

/** The good plan with something changed. */
const but = (change: (plan: Plan) => void): Plan => {
  const plan = structuredClone(good);
  change(plan);
  return plan;
};

/** An id that no server has. */
const nobody = 'b2b1e2f8-0000-4000-8000-000000000000';

const butServers = (servers: Plan['waves'][number]['servers']): Plan => ({ ...good, waves: [{ name: 'wave-1', servers }] });

/** Every flavor of the good plan mapped to another one. */
function toFlavor(to: string): Plan['mappings']['flavors'] {
  return Object.fromEntries(Object.keys(good.mappings.flavors).map((id) => [id, { to }]));
}

describe('a plan', () => {
  test.each<[string, () => unknown, string, number, RegExp]>([
    ['with an unknown key', () => ({ ...good, colour: 'red' }), 'E_PLAN', 2, /bad\.yaml:\d+:\d+.*colour/],
    ['with a wrong type', () => ({ ...good, waves: 'all' }), 'E_PLAN', 2, /bad\.yaml:\d+:\d+.*waves/],
    ['that is no YAML', () => 'waves: [', 'E_PLAN', 2, /bad\.yaml:1:\d+/],
    ['of another version', () => ({ ...good, version: 2 }), 'E_PLAN', 2, /version/],
    [
      'that names a server twice',
      () => but(({ waves }) => waves.push(structuredClone(waves[0] as (typeof waves)[0]))),
      'E_PLAN',
      2,
      /twice/,
    ],
    ['that names an unknown server', () => butServers([{ id: nobody }]), 'E_NOT_FOUND', 2, new RegExp(nobody)],
    [
      'that maps to an absent flavor',
      () => ({ ...good, mappings: { ...good.mappings, flavors: toFlavor('gone') } }),
      'E_BLOCKED',
      40,
      /gone/,
    ],
    ['that maps no external network', () => but(({ mappings }) => (mappings.networks = {})), 'E_BLOCKED', 40, /network/],
    ['that moves another project', () => ({ ...good, source: { project_id: 'nobody' } }), 'E_FORBIDDEN', 20, /nobody/],
  ])('%s is refused before any write', async (_, plan, code, exit, says) => {
    const refusal = await refusalOf(plan());
    expect(refusal).toMatchObject({ code, exit });
    expect(refusal.says).toMatch(says);
    expect(refusal.hint).not.toBe('');
  });
});

describe('a cloud that changed since the plan was written', () => {
  test('a quota of zero blocks', async () => {
    destination.twin.faults.set([{ do: 'quota', service: 'compute', set: { instances: 0 } }]);
    expect(await refusalOf(good)).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
    destination.twin.faults.set([{ do: 'quota', service: 'compute', set: { instances: 10 } }]);
  });

  test.each([
    ['locked', { lock: null }, { unlock: null }],
    ['paused', { pause: null }, { unpause: null }],
  ])('a server that was %s blocks', async (state, action, back) => {
    const id = good.waves[0]?.servers[0]?.id ?? '';
    await source.user.send('POST', 'compute', `/servers/${id}/action`, action);
    await sleep(300);
    const refusal = await refusalOf(good);
    await source.user.send('POST', 'compute', `/servers/${id}/action`, back);
    await sleep(300);
    expect(refusal).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
    expect(refusal.says).toContain(state);
  });

  test('a flavor that is gone blocks', async () => {
    const admin = await OpenStackUser.signIn({
      authUrl: destination.twin.authUrl,
      user: 'admin',
      password: 'twin',
      project: 'admin',
    });
    destination.twin.faults.set([{ do: 'delete-flavor', flavor: 'm1.tiny' }]);
    expect(await refusalOf(good)).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
    await admin.send('POST', 'compute', '/flavors', { flavor: { name: 'm1.tiny', vcpus: 1, ram: 512, disk: 0 } });
  });
});

describe('a sender that cannot', () => {
  /** A second sender with settings of its own, and how its plan is refused. */
  async function planOf(
    name: string,
    cloud: { authUrl: string; password: string },
  ): Promise<{ exit: number | null; code: string }> {
    const home = join(dir, name);
    await mkdir(home);
    const own = new Endings();
    const daemon = await startDaemon(await writeSenderConfig(home, { name, ...cloud }), own);
    const { code, stdout, stderr } = await cli(daemon.config, [
      'plan',
      '--project',
      'shop',
      '-o',
      join(home, 'p.yaml'),
      '--json',
    ]);
    await own.run();
    expect(stdout + stderr).not.toContain('canary');
    return { exit: code, code: (JSON.parse(stdout || stderr) as { problem: { code: string } }).problem.code };
  }

  test('sign in says so, without the password', async () => {
    const refused = await planOf('wrong', { authUrl: source.twin.authUrl, password: 'canary-password' });
    expect(refused).toEqual({ exit: 20, code: 'E_AUTH' });
  });

  test('find a service in the catalogue says so', async () => {
    const stateDir = join(dir, 'poor');
    const twin = await startTwin({ stateDir, pace: 0, seed: { projects: ['shop'] }, withoutServices: ['network'] });
    endings.add('the poor cloud', () => twin.stop());
    expect(await planOf('poor-sender', { authUrl: twin.authUrl, password: 'twin' })).toEqual({
      exit: 20,
      code: 'E_ENDPOINT_MISSING',
    });
  });

  test('reach its cloud says so', async () => {
    const refused = await planOf('nowhere', { authUrl: 'http://127.0.0.1:9/identity/v3', password: 'twin' });
    expect(refused).toEqual({ exit: 20, code: 'E_CLOUD_UNREACHABLE' });
  });

  test('name a receiver says that it is not paired', async () => {
    expect(await planOf('single', { authUrl: source.twin.authUrl, password: 'twin' })).toEqual({
      exit: 11,
      code: 'E_PEER_UNPAIRED',
    });
  });
});

test('an upload that the cloud refuses stops the campaign, the source server runs again, and the campaign can go on', async () => {
  const stateOf = async (id: string) =>
    (await ask<SenderStatus>(sender.config, ['status'])).campaigns.find((campaign) => campaign.id === id);
  const rest = async (id: string, wanted: string) => {
    await expect.poll(async () => (await stateOf(id))?.state, { timeout: 40_000, interval: 200 }).toBe(wanted);
    return stateOf(id);
  };
  destination.twin.faults.set([{ do: 'status', status: 403, match: { service: 'image', method: 'POST' } }]);
  const { code, stdout } = await cli(sender.config, ['migrate', await planFile(good), '--watch', '--json']);
  expect(code).toBe(20);
  const [failed] = (await ask<SenderStatus>(sender.config, ['status'])).campaigns;
  expect(stdout).toContain('E_FORBIDDEN');
  expect(failed).toMatchObject({ state: 'failed', problem: { code: 'E_FORBIDDEN' } });
  expect((await censusOf(source)).statuses).toEqual(['ACTIVE', 'ACTIVE']);
  destination.twin.faults.set([]);
  const id = failed?.id ?? '';
  await ask(sender.config, ['resume', id]);
  await rest(id, 'ready');
  expect(Object.keys((await censusOf(destination)).images)).toHaveLength(2);
  expect(aDisk('web 1').length).toBeGreaterThan(0);
  await ask(sender.config, ['rollback', id]);
  await rest(id, 'rolled back');
  expect((await censusOf(source)).statuses).toEqual(['ACTIVE', 'ACTIVE']);
});
