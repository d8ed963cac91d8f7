import { createHmac, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { type HostKeys, readHostKeys, sshFingerprint } from '../../../../protocol/transport/known-hosts.ts';
import { anSshKey } from '../../../support/ssh-server.ts';
import { aFolder, isProblem } from './house.ts';

interface HostKey {
  /** Type and base64, as in known_hosts. */
  readonly line: string;
  readonly blob: Buffer;
}

function aHostKey(type: 'ed25519' | 'ecdsa' = 'ed25519'): HostKey {
  const { publicKey } = anSshKey(type);
  const parsed = ssh2.utils.parseKey(publicKey);
  if (parsed instanceof Error) throw parsed;
  return { line: publicKey.split(' ').slice(0, 2).join(' '), blob: parsed.getPublicSSH() };
}

async function known(lines: readonly string[], host = 'cloud-b', port = 22): Promise<HostKeys> {
  const file = join(await aFolder(), 'known_hosts');
  await writeFile(file, `${lines.join('\n')}\n`);
  return await readHostKeys([file, join(file, '..', 'absent')], host, port);
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

const key = aHostKey();
const otherKey = aHostKey();

describe('a host key', () => {
  test.each([
    ['by name', 'cloud-b', 22],
    ['by name in another case', 'Cloud-B', 22],
    ['in a list', 'x,cloud-b,192.0.2.7', 22],
    ['by a pattern', 'cloud-?,*.example', 22],
    ['hashed', hashed('cloud-b'), 22],
    ['with its port', '[cloud-b]:2222', 2222],
    ['with its port, hashed', hashed('[cloud-b]:2222'), 2222],
  ])('is accepted when it is known %s', async (_how, hosts, port) => {
    const keys = await known([`${hosts} ${key.line} a comment`], 'cloud-b', port);
    expect(keys.types).toEqual(['ssh-ed25519']);
    keys.verify(key.blob);
  });

  test.each([
    ['another host', 'cloud-c', 22],
    ['another host, hashed', hashed('cloud-c'), 22],
    ['another port', '[cloud-b]:2222', 22],
    ['the usual port only', 'cloud-b', 2222],
    ['all but this host', '*,!cloud-b', 22],
  ])('is unknown when the file knows %s', async (_what, hosts, port) => {
    const keys = await known([`${hosts} ${key.line}`], 'cloud-b', port);
    expect(() => keys.verify(key.blob)).toThrow(isProblem('E_SSH_HOST_KEY_UNKNOWN'));
  });

  test('that is unknown comes with the line to add, which then works', async () => {
    let hint = '';
    try {
      (await known([], 'cloud-b', 2222)).verify(key.blob);
    } catch (error) {
      hint = (error as { hint: string }).hint;
    }
    expect(hint).toContain('ssh-keygen -lf');
    const line = hint.split(': ').at(-1) ?? '';
    (await known([line], 'cloud-b', 2222)).verify(key.blob);
  });

  test('that has changed names the line that knows another, and both fingerprints', async () => {
    const keys = await known(['# comment', '', `cloud-b ${otherKey.line}`]);
    expect(() => keys.verify(key.blob)).toThrow(isProblem('E_SSH_HOST_KEY_CHANGED'));
    expect(() => keys.verify(key.blob)).toThrow(/known_hosts:3 knows/);
    expect(() => keys.verify(key.blob)).toThrow(sshFingerprint(key.blob));
    expect(() => keys.verify(key.blob)).toThrow(sshFingerprint(otherKey.blob));
  });

  test('of another type than the known one has changed, for the known type is asked for first', async () => {
    const keys = await known([`cloud-b ${aHostKey('ecdsa').line}`]);
    expect(keys.types).toEqual(['ecdsa-sha2-nistp256']);
    expect(() => keys.verify(key.blob)).toThrow(isProblem('E_SSH_HOST_KEY_CHANGED'));
  });

  test('is accepted when one of several known ones is shown', async () => {
    (await known([`cloud-b ${otherKey.line}`, `cloud-b ${key.line}`])).verify(key.blob);
  });

  test('is refused when it is revoked, although it is known too', async () => {
    const keys = await known([`cloud-b ${key.line}`, `@revoked * ${key.line}`]);
    expect(() => keys.verify(key.blob)).toThrow(isProblem('E_SSH_HOST_KEY_REVOKED'));
  });

  test('is not vouched for by an authority, which we cannot check', async () => {
    const keys = await known([`@cert-authority * ${key.line}`]);
    expect(() => keys.verify(key.blob)).toThrow(isProblem('E_SSH_HOST_KEY_UNKNOWN'));
  });

  test('is read past lines that make no sense', async () => {
    const nonsense = [
      'cloud-b',
      'cloud-b ssh-ed25519',
      'cloud-b ssh-ed25519 !!!',
      '|1|x cloud',
      '@odd cloud-b ssh-ed25519 AAAA',
      `cloud-b ssh-rsa ${key.line.split(' ')[1]}`,
    ];
    (await known([...nonsense, `cloud-b ${key.line}\r`])).verify(key.blob);
  });

  test('has the fingerprint that OpenSSH prints', () => {
    expect(sshFingerprint(key.blob)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});
