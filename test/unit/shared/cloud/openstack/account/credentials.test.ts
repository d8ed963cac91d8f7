import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { OpenStackSettings } from '../../../../../../shared/cloud/openstack/account/config.ts';
import { resolveAccess } from '../../../../../../shared/cloud/openstack/account/credentials.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'credentials-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
});

const variables = {
  OS_AUTH_URL: 'https://env.example:5000/v3',
  OS_USERNAME: 'env-user',
  OS_PASSWORD: 'env-password',
  OS_PROJECT_NAME: 'env-project',
  OS_USER_DOMAIN_NAME: 'Users',
  OS_PROJECT_DOMAIN_ID: 'projects',
  OS_REGION_NAME: 'env-region',
};

const clouds = `
clouds:
  one:
    auth: {auth_url: http://one.example/identity, username: demo, project-name: demo}
    region_name: north
    interface: internal
    network_endpoint_override: http://one.example:9696
  two:
    auth_type: v3applicationcredential
    auth: {auth_url: http://two.example:5000, application_credential_id: abc, application_credential_secret: two-secret}
`;

async function put(path: string, text: string): Promise<string> {
  const full = join(home, path);
  await mkdir(join(full, '..'), { recursive: true });
  await writeFile(full, text);
  return full;
}

const resolve = (settings: object, environment: Record<string, string | undefined> = {}) =>
  resolveAccess(OpenStackSettings.parse(settings), { HOME: home, ...environment });

describe('how a cloud is reached', () => {
  test('by OS_* variables, where no cloud is named', async () => {
    await put('.config/openstack/clouds.yaml', clouds);
    expect(await resolve({}, variables)).toMatchObject({
      origin: 'the OS_* environment',
      authUrl: 'https://env.example:5000/v3',
      identity: { method: 'password', user: { name: 'env-user', domain: { name: 'Users' } } },
      project: { name: 'env-project', domain: { id: 'projects' } },
      region: 'env-region',
      interface: 'public',
    });
  });

  test('by clouds.yaml with secure.yaml over it; OS_* variables do not mix in', async () => {
    const path = await put('.config/openstack/clouds.yaml', clouds);
    await put('.config/openstack/secure.yaml', 'clouds: {one: {auth: {password: from-secure}}}');
    const access = await resolve({ cloud: 'one' }, variables);
    expect(access).toMatchObject({
      origin: `cloud one of ${path}`,
      authUrl: 'http://one.example/identity/v3',
      project: { name: 'demo', domain: { id: 'default' } },
      region: 'north',
      interface: 'internal',
      endpoints: { network: 'http://one.example:9696' },
    });
    expect(access.identity.method === 'password' && access.identity.password.reveal()).toBe('from-secure');
  });

  test('by OS_CLOUD, in the file that OS_CLIENT_CONFIG_FILE names', async () => {
    await put('.config/openstack/clouds.yaml', 'clouds: {two: {auth: {auth_url: http://wrong.example}}}');
    const path = await put('elsewhere.yaml', clouds);
    const access = await resolve({}, { ...variables, OS_CLOUD: 'two', OS_CLIENT_CONFIG_FILE: path });
    expect(access).toMatchObject({
      authUrl: 'http://two.example:5000/v3',
      identity: { method: 'application_credential', id: 'abc' },
      project: null,
    });
  });

  test('by settings above the cloud they name, with a secret from a file', async () => {
    await put('.config/openstack/clouds.yaml', clouds);
    const file = await put('password', 'from-file\n');
    const auth = { auth_url: 'http://own.example', password: `file:${file}` };
    const access = await resolve({ cloud: 'one', auth, region_name: 'south', verify: false });
    expect(access).toMatchObject({ authUrl: 'http://own.example/v3', region: 'south', interface: 'internal', verify: false });
    expect(access.identity.method === 'password' && access.identity.password.reveal()).toBe('from-file');
    expect(inspect(access, { depth: 9 })).not.toContain('from-file');
  });

  test('by the only cloud there is', async () => {
    await put(
      '.config/openstack/clouds.yaml',
      'clouds: {only: {auth: {auth_url: http://only.example, token: t, project_id: p}}}',
    );
    expect(await resolve({})).toMatchObject({ identity: { method: 'token' }, project: { id: 'p' } });
  });

  test('with the authority that cacert names', async () => {
    const cacert = await put('ca.pem', 'PEM');
    const auth = { auth_url: 'http://a.example', username: 'u', password: 'p', project_name: 'x' };
    expect(await resolve({ auth, cacert })).toMatchObject({ ca: 'PEM', verify: true });
    await expect(resolve({ auth, cacert: `${cacert}.gone` })).rejects.toMatchObject({ code: 'E_CONFIG' });
  });
});

describe('clouds.yaml means what it means to openstacksdk', () => {
  const cloud = (text: string) => put('.config/openstack/clouds.yaml', text).then(() => resolve({ cloud: 'one' }));
  const auth = 'auth_url: http://a.example, username: u, password: p, project_name: x';

  test('where a merge key brings a part of it', async () => {
    const text = `base: &base {region_name: north, verify: no, auth: {${auth}}}\nclouds: {one: {<<: *base, region_name: south}}`;
    expect(await cloud(text)).toMatchObject({ region: 'south', verify: false, project: { name: 'x' } });
  });

  test('where domains and the password stand beside auth', async () => {
    const access = await cloud(
      'clouds: {one: {auth: {auth_url: http://a.example, username: u, project_name: x}, password: p, user_domain_name: A, project-domain-id: b}}',
    );
    expect(access.identity).toMatchObject({ user: { domain: { name: 'A' } }, password: expect.anything() });
    expect(access.project).toEqual({ name: 'x', domain: { id: 'b' } });
  });

  test('where one domain_name stands for both domains', async () => {
    const access = await cloud(`clouds: {one: {auth: {${auth}, domain_name: Customers}}}`);
    expect(access.identity).toMatchObject({ user: { domain: { name: 'Customers' } } });
    expect(access.project).toEqual({ name: 'x', domain: { name: 'Customers' } });
  });

  test('where OS_DOMAIN_NAME stands for both domains', async () => {
    const { OS_USER_DOMAIN_NAME: _user, OS_PROJECT_DOMAIN_ID: _project, ...others } = variables;
    const access = await resolve({}, { ...others, OS_DOMAIN_NAME: 'Customers' });
    expect(access.identity).toMatchObject({ user: { domain: { name: 'Customers' } } });
    expect(access.project).toMatchObject({ domain: { name: 'Customers' } });
  });

  test('where a profile of clouds-public.yaml has the rest, and the address its region', async () => {
    await put(
      '.config/openstack/clouds-public.yaml',
      'public-clouds: {vendor: {auth: {auth_url: "https://{region_name}.vendor.example/v3"}, interface: internal}}',
    );
    expect(
      await cloud('clouds: {one: {profile: vendor, region_name: north, auth: {username: u, password: p, project_id: x}}}'),
    ).toMatchObject({
      authUrl: 'https://north.vendor.example/v3',
      interface: 'internal',
    });
  });

  test('where a region has values of its own', async () => {
    const text = `clouds: {one: {auth: {${auth}}, regions: [{name: north, values: {interface: admin}}, south]}}`;
    await put('.config/openstack/clouds.yaml', text);
    expect(await resolve({ cloud: 'one', region_name: 'north' })).toMatchObject({ region: 'north', interface: 'admin' });
    expect(await resolve({ cloud: 'one', region_name: 'south' })).toMatchObject({ region: 'south', interface: 'public' });
  });

  test('and what is set beside the cloud takes the place of what says the same in another way', async () => {
    await put('.config/openstack/clouds.yaml', `clouds: {one: {auth: {${auth}, user_domain_id: a}, endpoint_type: internal}}`);
    const own = { auth_url: 'http://b.example', user_domain_name: 'B' };
    expect(await resolve({ cloud: 'one', auth: own, interface: 'admin' })).toMatchObject({
      identity: { user: { domain: { name: 'B' } } },
      interface: 'admin',
    });
  });
});

describe('a folder that is closed to the daemon', () => {
  let closed: string;
  beforeEach(async () => {
    await put('closed/openstack/clouds.yaml', clouds);
    closed = join(home, 'closed');
    await chmod(closed, 0);
    await chmod(home, 0o755);
    // Root may read everything; nobody may not.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    onTestFinished(async () => {
      if (isRoot) process.seteuid?.(0);
      await chmod(closed, 0o700);
    });
  });

  test('is passed over where it is only searched', async () => {
    await expect(resolve({}, { XDG_CONFIG_HOME: closed })).rejects.toThrow('No cloud is named');
  });

  test('is a failure where a setting names it', async () => {
    const file = join(closed, 'openstack/clouds.yaml');
    await expect(resolve({}, { OS_CLOUD: 'one', OS_CLIENT_CONFIG_FILE: file })).rejects.toThrow(`${file} cannot be read`);
  });
});

describe('what is wrong with the configuration is said', () => {
  test.each([
    ['no cloud at all', {}, {}, 'No cloud is named'],
    ['a cloud that is not listed', { cloud: 'three' }, {}, 'There is no cloud three in'],
    ['several clouds and no choice', {}, {}, 'No cloud is chosen in'],
    [
      'a missing password',
      { auth: { auth_url: 'http://a.example', username: 'u', project_name: 'p' } },
      {},
      'auth.password is missing',
    ],
    [
      'a missing project',
      { auth: { auth_url: 'http://a.example', username: 'u', password: 'p' } },
      {},
      'auth.project_name (or project_id) is missing',
    ],
    [
      'a missing variable',
      { auth: { auth_url: 'http://a.example', username: 'u', password: 'env:NONE' } },
      {},
      'the variable NONE is not set',
    ],
    [
      'an unknown way to sign in',
      { auth_type: 'v3oidcpassword', auth: { auth_url: 'http://a.example' } },
      {},
      'auth_type v3oidcpassword is not supported',
    ],
    [
      'a token of a domain alone',
      {},
      { OS_AUTH_URL: 'http://a.example', OS_AUTH_TYPE: 'token', OS_TOKEN: 't', OS_DOMAIN_ID: 'd' },
      'the OS_* environment: auth.domain_id asks for a token of a domain',
    ],
    ['Keystone version 2', {}, { ...variables, OS_IDENTITY_API_VERSION: '2.0' }, 'identity_api_version is 2.0'],
  ])('%s', async (name, settings, environment, says) => {
    if (name !== 'no cloud at all') await put('.config/openstack/clouds.yaml', clouds);
    await expect(resolve(settings, environment)).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringContaining(says),
    });
  });

  test.each([
    ['several regions, of which none is chosen', 'regions: [north, south]', 'several regions (north, south), and none is chosen'],
    ['several regions in one text', 'region_name: "north,south"', 'several regions (north, south), and none is chosen'],
    ['a region for one service', 'region_name: north, compute_region_name: south', 'compute_region_name is not supported'],
    ['a number that YAML reads in another way', 'region_name: 012', 'region_name must be a text; put it in quotes'],
    ['an unknown profile', 'profile: vendor', 'there is no profile vendor in clouds-public.yaml'],
    ['a word for no', 'insecure: "nope"', 'insecure must be true or false'],
    ['a number where the check is off already', 'verify: false, insecure: 1', 'insecure must be true or false'],
    ['a spelling that openstacksdk passes over', 'endpoint-type: internal', 'endpoint-type is not read by openstacksdk'],
    ['a setting that no plugin takes', 'auth: {auth_url: http://a.example, user_domain: A}', 'auth.user_domain is not known'],
  ])('%s', async (_name, text, says) => {
    const auth = text.startsWith('auth:')
      ? ''
      : 'auth: {auth_url: http://a.example, username: u, password: p, project_name: x}, ';
    const path = await put('.config/openstack/clouds.yaml', `clouds: {one: {${auth}${text}}}`);
    await expect(resolve({ cloud: 'one' })).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringContaining(`cloud one of ${path}: `),
    });
    await expect(resolve({ cloud: 'one' })).rejects.toThrow(says);
  });

  test('a region that is not listed', async () => {
    await put('.config/openstack/clouds.yaml', 'clouds: {one: {auth: {auth_url: http://a.example}, regions: [north, south]}}');
    await expect(resolve({ cloud: 'one', region_name: 'west' })).rejects.toThrow(
      'there is no region west; it lists north, south',
    );
  });

  test('two regions, one of the file and one of the environment', async () => {
    await put('.config/openstack/clouds.yaml', clouds.replaceAll('username: demo', 'username: demo, password: p'));
    await expect(resolve({}, { OS_CLOUD: 'one', OS_REGION_NAME: 'south' })).rejects.toThrow(
      'its region is north, but OS_REGION_NAME is south',
    );
  });

  test('a file that is not YAML, without quoting the line that may hold a password', async () => {
    const path = await put('.config/openstack/clouds.yaml', 'clouds:\n  one: {auth: {password: "canary');
    const problem = await resolve({ cloud: 'one' }).catch((error: unknown) => error);
    expect(problem).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining(path) });
    expect(inspect(problem, { depth: 9 })).not.toContain('canary');
  });
});
