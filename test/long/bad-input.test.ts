import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../sender/model/plan.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { ask } from '../support/daemons.ts';
import { OpenStackUser } from '../support/openstack-user.ts';
import { TwoClouds } from '../support/two-clouds.ts';

let clouds: TwoClouds;
let admin: { readonly source: OpenStackUser; readonly destination: OpenStackUser };
/** A good plan. */
let good: Plan;

beforeAll(async () => {
  clouds = await TwoClouds.open();
  good = clouds.plan;
  const signIn = (authUrl: string) => OpenStackUser.signIn({ authUrl, user: 'admin', password: 'twin', project: 'admin' });
  const source = clouds.source.twin.authUrl;
  const destination = clouds.destination.twin.authUrl;
  admin = { source: await signIn(source), destination: await signIn(destination) };
});
afterAll(() => clouds?.close());

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
    const refusal = await clouds.refusalOf(plan());
    expect(refusal).toMatchObject({ code, exit });
    expect(refusal.says).toMatch(says);
  });
});

describe('a cloud that changed since the plan was written', () => {
  test('a quota of zero servers stops the campaign before anything is built', async () => {
    const { faults } = clouds.destination.twin;
    faults.set([{ do: 'quota', service: 'compute', set: { instances: 0 } }]);
    expect(await clouds.refusalOf(good)).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
    faults.set([{ do: 'quota', service: 'compute', set: { instances: 10 } }]);
  });

  test.each([
    ['locked', { lock: null }, { unlock: null }, /locked/],
    ['paused', { pause: null }, { unpause: null }, /paused/],
    ['suspended', { suspend: null }, { resume: null }, /suspended/],
    ['shelved', { shelve: null }, { unshelve: null }, /shelved/],
    ['ERROR', { 'os-resetState': { state: 'error' } }, { 'os-resetState': { state: 'active' } }, /in state ERROR/],
  ])('a server that is %s blocks', async (_, action, back, says) => {
    const act = async (what: object): Promise<void> => {
      const path = `/servers/${good.waves[0]?.servers[0]?.id ?? ''}`;
      await admin.source.send('POST', 'compute', `${path}/action`, what);
      await admin.source.until('The action', async () => {
        const { server } = await admin.source.get<{ server: Record<string, unknown> }>('compute', path);
        return server['OS-EXT-STS:task_state'] === null ? true : undefined;
      });
    };
    await act(action);
    const refusal = await clouds.refusalOf(good);
    await act(back);
    expect(refusal).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
    expect(refusal.says).toMatch(says);
  });

  test('a flavor that is gone blocks', async () => {
    clouds.destination.twin.faults.set([{ do: 'delete-flavor', flavor: 'm1.tiny' }]);
    expect(await clouds.refusalOf(good)).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
    const flavor = { name: 'm1.tiny', vcpus: 1, ram: 512, disk: 0 };
    await admin.destination.send('POST', 'compute', '/flavors', { flavor });
  });
});

describe('a configurations.json in the spool', () => {
  let document: Configurations;
  beforeAll(async () => {
    const file = join(clouds.dir, 'configurations.json');
    await ask(clouds.sender.config, ['capture', '--project', 'shop', '-o', file]);
    document = JSON.parse(await readFile(file, 'utf8')) as Configurations;
  });

  test.each<[string, () => object, string, RegExp]>([
    ['of an unknown version', () => ({ ...document, version: 99 }), 'E_DOCUMENT_VERSION', /99/],
    ['with a dangling reference', () => ({ ...document, networks: [] }), 'E_DANGLING', /network\//],
    ['with an id twice', () => ({ ...document, servers: [...document.servers, document.servers[0]] }), 'E_DUPLICATE', /server\//],
    [
      'whose resources need each other in a circle',
      () => {
        const [one, ...others] = document.networks;
        const [subnet] = document.subnets;
        return { ...document, networks: [{ ...one, needs: [`subnet/${subnet?.id}`] }, ...others] };
      },
      'E_CYCLE',
      /subnet\//,
    ],
    [
      'with a path for an id',
      () => ({ ...document, servers: document.servers.map((server) => ({ ...server, id: '../../etc/passwd' })) }),
      'E_DOCUMENT',
      /servers\.0\.id/,
    ],
  ])('%s is refused with its problem beside it, before any write', async (what, change, code, says) => {
    const spool = join(clouds.sender.config.state, 'spool');
    const name = `${what.replaceAll(/\W+/g, '-')}.json`;
    await mkdir(spool, { recursive: true });
    const before = clouds.writes();
    await writeFile(join(clouds.dir, name), JSON.stringify(change()));
    await rename(join(clouds.dir, name), join(spool, name));
    const beside = async (): Promise<string> => {
      const problem = (await readdir(spool)).find((file) => file.startsWith(name) && file !== name);
      return problem === undefined ? '' : await readFile(join(spool, problem), 'utf8');
    };
    await expect.poll(beside, { timeout: 20_000 }).toContain(code);
    expect(JSON.parse(await beside())).toMatchObject({
      exit: 2,
      problem: { code, says: expect.stringMatching(says), hint: expect.stringMatching(/./) },
    });
    expect(clouds.writes()).toBe(before);
    expect((await clouds.daemon.status()).campaigns).toEqual([]);
  });
});
