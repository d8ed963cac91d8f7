import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Nova's names for the states of a server, as code would compare them. */
const novaWords =
  /(['"`])(ACTIVE|SHUTOFF|SHELVED|SHELVED_OFFLOADED|PAUSED|SUSPENDED|RESCUE|ERROR|BUILD|REBOOT|VERIFY_RESIZE)\1|\b(ACTIVE|SHUTOFF|SHELVED|PAUSED)\b/;

/**
 * What only OpenStack has: its services, its programs, its settings. A format of disks, such as
 * qcow2, belongs to no cloud.
 */
const serviceWords =
  /\b(Nova|Neutron|Glance|Keystone|Cinder|Placement API|Octavia|Barbican|Designate)\b|\bnova:|`nova`|'nova'|\bopenstack (server|image|network|port|router|subnet|flavor|project|keypair)\b|\bclouds\.yaml\b|\bOS_[A-Z]+/;

/** Where the words of OpenStack are at home. */
const home = join('shared', 'cloud', 'openstack');

/** Files outside that name a service of OpenStack, and why. */
const reasons: Readonly<Record<string, string>> = {
  'shared/model/resource.ts': 'the fields of the model are those of the API references that it quotes',
  'shared/problem.ts': 'two hints name the file and the variables in which the operator keeps the credentials',
  'sender/ordering/placement/place.ts': 'the ordering asks no cloud; a plan names a host in the form that the destination takes',
};

async function linesWith(words: RegExp, files: string): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(files, { cwd: root })) {
    if (file.startsWith(join(home, '/'))) continue;
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    found.push(...lines.flatMap((line, index) => (words.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])));
  }
  return found;
}

test('no OpenStack word for the state of a server stands outside shared/cloud/openstack/', async () => {
  expect(await linesWith(novaWords, '{sender,receiver,protocol,shared}/**/*.{ts,md}')).toEqual([]);
});

test('no service, program or setting of OpenStack is named outside shared/cloud/openstack/ without a reason', async () => {
  const found = await linesWith(serviceWords, '{sender,receiver,protocol,shared}/**/*.ts');
  const fileOf = (line: string): string => line.slice(0, line.indexOf(':'));
  expect(found.filter((line) => reasons[fileOf(line)] === undefined)).toEqual([]);
  const unused = Object.keys(reasons).filter((file) => !found.some((line) => fileOf(line) === file));
  expect(unused, 'files that need no reason any more').toEqual([]);
});

test('a service of OpenStack is noticed, whatever names it', () => {
  for (const line of [
    'as Neutron does',
    'hint: `openstack server unlock`',
    "zone = 'nova'",
    '`nova:host`',
    'Check clouds.yaml or OS_CLOUD.',
  ])
    expect(line).toMatch(serviceWords);
  expect("format === 'qcow2'").not.toMatch(serviceWords);
});

test('a state that is compared with a word of Nova’s is noticed', () => {
  expect("if (server.status === 'ERROR') return;").toMatch(novaWords);
  expect('`Server is SHUTOFF`').toMatch(novaWords);
  expect("throw new Problem('E_BUG', 'An ERROR is no word of theirs.')").not.toMatch(novaWords);
});
