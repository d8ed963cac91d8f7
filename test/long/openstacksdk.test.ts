import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSettings } from '../../shared/cloud/openstack/account/config.ts';
import { resolveAccess } from '../../shared/cloud/openstack/account/credentials.ts';
import type { Access, KeystoneIdentity, Named } from '../../shared/cloud/openstack/session/access.ts';
import { Problem } from '../../shared/problem.ts';
import { type Case, caseOf } from '../openstacksdk/clouds-files.ts';
import { chosenSeed } from '../support/seed.ts';

const script = join(import.meta.dirname, '../openstacksdk/read-clouds.py');
/** Debian's own, for which its packages are. */
const python = '/usr/bin/python3';
const hasSdk = spawnSync(python, ['-c', 'import openstack']).status === 0;

/** What openstacksdk makes of a cloud, as the script prints it. */
interface Theirs {
  readonly failure?: string;
  readonly reading?: {
    readonly auth_type: string;
    readonly auth_url: string | null;
    readonly user: Named | null;
    readonly password: string | null;
    readonly token: string | null;
    readonly credential: readonly (string | null)[];
    readonly project: Named | null;
    readonly region: string | null;
    readonly interface: string;
    readonly services: readonly (readonly [string | null, string])[];
    readonly endpoints: Readonly<Record<string, string>>;
    readonly verify: unknown;
    readonly cert: unknown;
  };
}

/** The meaning of a cloud, by whoever read it. */
interface Meaning {
  readonly url: string;
  readonly identity: unknown;
  readonly project: unknown;
  readonly place: unknown;
}

/**
 * Where openstacksdk names no domain, the openstack command takes `default` (osc-lib,
 * clientmanager).
 */
function inDomain(who: Named | null): Named | null {
  return who !== null && 'name' in who && who.domain === null ? { name: who.name, domain: { id: 'default' } } : who;
}

function theirMeaning({ reading }: Theirs): Meaning | null {
  if (reading === undefined || reading.auth_url === null) return null;
  const [id, name, secret] = reading.credential;
  const user = inDomain(reading.user);
  const project = inDomain(reading.project);
  const kind = reading.auth_type.replace(/^v3/, '');
  let identity: unknown = null;
  if (kind === 'password' && user !== null && reading.password !== null && project !== null)
    identity = ['password', user, reading.password];
  if (kind === 'token' && reading.token !== null) identity = ['token', reading.token];
  if (kind === 'applicationcredential' && (id !== null || user !== null))
    identity = ['credential', id === null ? [name, user] : id, secret];
  if (identity === null) return null;
  const place = [reading.region, String(reading.interface).replace(/URL$/, ''), reading.endpoints, reading.verify];
  return { url: rooted(reading.auth_url), identity, project: kind === 'applicationcredential' ? null : project, place };
}

const rooted = (url: string): string => `${url.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3`;

function proofOf(identity: KeystoneIdentity): unknown {
  if (identity.method === 'password') return ['password', identity.user, identity.password.reveal()];
  if (identity.method === 'token') return ['token', identity.token.reveal()];
  return ['credential', 'id' in identity ? identity.id : [identity.name, identity.user], identity.secret.reveal()];
}

function ourMeaning(access: Access): Meaning {
  const place = [access.region, access.interface, access.endpoints, access.verify];
  return { url: access.authUrl, identity: proofOf(access.identity), project: access.project, place };
}

/** Our reading, or the refusal of it. */
async function ours({ cloud, environment }: Case, home: string): Promise<Access | Problem> {
  const settings = OpenStackSettings.parse(cloud === null ? {} : { cloud });
  return resolveAccess(settings, { HOME: home, ...environment }).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'E_CONFIG') return error;
    throw error;
  });
}

/** Whether a refusal names its place, and is not of something that both should read. */
function refusalOf({ message }: Problem, theirs: Meaning | null, { odd }: Case): 'bothRefuse' | 'oursRefuses' | 'other' {
  if (!/(clouds|secure|clouds-public)\.yaml|the OS_\* environment|No cloud is/.test(message)) return 'other';
  if (theirs === null) return 'bothRefuse';
  return odd ? 'oursRefuses' : 'other';
}

const cases = 2000;

test.skipIf(!hasSdk)(
  'clouds.yaml means what openstacksdk makes of it, or is refused with the place (needs python3-openstacksdk)',
  { timeout: 240_000 },
  async () => {
    const first = chosenSeed(1);
    const top = await mkdtemp(join(tmpdir(), 'clouds-'));
    onTestFinished(() => rm(top, { recursive: true, force: true }));
    const made = Array.from({ length: cases }, (_, index) => ({
      seed: first + index,
      given: caseOf(first + index),
      folder: join(top, `${index}`),
    }));
    for (const { given, folder } of made) {
      await mkdir(join(folder, '.config/openstack'), { recursive: true });
      for (const [name, text] of Object.entries(given.files)) await writeFile(join(folder, '.config/openstack', name), text);
    }
    const input = made
      .map(({ given: { cloud, environment }, folder }) => JSON.stringify({ folder, cloud, environment }))
      .join('\n');
    const { stdout, stderr, status } = spawnSync(python, [script], { input, maxBuffer: 2 ** 28, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const read = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Theirs);
    expect(read).toHaveLength(cases);
    const counts = { same: 0, bothRefuse: 0, oursRefuses: 0 };
    const flaws: string[] = [];
    for (const [index, { seed, given, folder }] of made.entries()) {
      const theirs = theirMeaning(read[index] ?? {});
      const our = await ours(given, folder);
      const kind =
        our instanceof Problem ? refusalOf(our, theirs, given) : isDeepStrictEqual(ourMeaning(our), theirs) ? 'same' : 'other';
      if (kind !== 'other') counts[kind] += 1;
      else
        flaws.push(
          `seed ${seed}: ${JSON.stringify(given)}\n ${JSON.stringify(our instanceof Problem ? our.message : ourMeaning(our))}\n ${JSON.stringify(read[index])}`,
        );
    }
    expect(flaws.slice(0, 5).join('\n')).toBe('');
    console.info(`clouds.yaml, seeds ${first} to ${first + cases - 1}: ${JSON.stringify(counts)}`);
    expect(counts.same).toBeGreaterThan(cases / 3);
  },
);
