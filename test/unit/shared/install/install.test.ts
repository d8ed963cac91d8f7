import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../../../shared/install/install.sh');
const campaign = '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'godwit-install-'));
  for (const side of ['sender', 'receiver']) {
    put(`usr/local/bin/${side}`, '');
    put(`usr/lib/systemd/system/godwit-${side}.service`, '');
    put(`etc/godwit/${side}.yaml`, `state: /var/lib/godwit-${side}\n`);
    put(`var/lib/godwit-${side}/peers.json`, '[]');
  }
  put('opt/godwit/bin/node', '');
});
afterEach(() => rmSync(root, { recursive: true }));

function put(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const has = (file: string): boolean => existsSync(join(root, file));

function install(...words: readonly string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync('bash', [script, ...words], {
    encoding: 'utf8',
    input: '',
    env: { ...process.env, DESTDIR: root },
  });
  return { status, stderr };
}

const facts = (...lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const at = '2026-11-21T12:00:00.000Z';
const asked = { at, fact: 'asked', wish: 'commit' };

describe('the installer', () => {
  test('does nothing at --purge alone', () => {
    expect(install('--purge')).toMatchObject({ status: 2, stderr: expect.stringContaining('nothing was done') });
    expect(has('opt/godwit/bin/node') && has('var/lib/godwit-sender/peers.json')).toBe(true);
  });

  test('removes one side and leaves the other, with the program that both share', () => {
    expect(install('--uninstall', 'receiver').status).toBe(0);
    expect(has('usr/local/bin/receiver')).toBe(false);
    expect(has('usr/local/bin/sender') && has('usr/lib/systemd/system/godwit-sender.service')).toBe(true);
    expect(has('opt/godwit/bin/node')).toBe(true);
    expect(has('var/lib/godwit-receiver/peers.json') && has('etc/godwit/receiver.yaml')).toBe(true);
    expect(install('--uninstall', 'sender').status).toBe(0);
    expect(has('opt/godwit')).toBe(false);
  });

  test('deletes state only on a yes', () => {
    expect(install('--uninstall', '--purge', 'receiver')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Delete the state .*\/var\/lib\/godwit-receiver .*Nothing was done/),
    });
    expect(has('usr/local/bin/receiver') && has('var/lib/godwit-receiver/peers.json')).toBe(true);
    expect(install('--uninstall', '--purge', '--yes', 'receiver').status).toBe(0);
    expect(has('var/lib/godwit-receiver') || has('etc/godwit/receiver.yaml')).toBe(false);
    expect(has('var/lib/godwit-sender/peers.json') && has('etc/godwit/sender.yaml')).toBe(true);
  });

  test.each([
    [
      'moves',
      [
        { at, fact: 'started' },
        { at, fact: 'asked', wish: 'run' },
      ],
    ],
    ['is ready', [asked, { at, fact: 'rests', state: 'ready' }]],
    ['was asked for a commit', [{ at, fact: 'rests', state: 'ready' }, asked]],
  ])('refuses while a campaign of the sender %s', (_, journal) => {
    put(`var/lib/godwit-sender/campaigns/${campaign}/journal.jsonl`, facts(...journal));
    for (const words of [[], ['--purge']]) {
      expect(install('--uninstall', ...words)).toMatchObject({ status: 40, stderr: expect.stringContaining(campaign) });
      expect(has('usr/local/bin/sender') && has('usr/local/bin/receiver') && has('opt/godwit/bin/node')).toBe(true);
    }
    expect(install('--uninstall', '--yes', 'sender').status).toBe(0);
    expect(has(`var/lib/godwit-sender/campaigns/${campaign}/journal.jsonl`)).toBe(true);
  });

  test('refuses while the receiver has built something that is neither committed nor removed', () => {
    const built = { at, ref: 'server/1', state: 'built', id: 'x', how: 'created' };
    put(`elsewhere/campaigns/${campaign}/ledger.jsonl`, facts({ at, campaign: 'configured' }, built));
    put('etc/godwit/receiver.yaml', 'state: "/elsewhere" # another disk\n');
    expect(install('--uninstall', 'receiver')).toMatchObject({ status: 40, stderr: expect.stringContaining(campaign) });
    put(`elsewhere/campaigns/${campaign}/ledger.jsonl`, facts(built, { at, campaign: 'removed' }));
    expect(install('--uninstall', '--purge', '--yes', 'receiver').status).toBe(0);
    expect(has('etc/godwit/receiver.yaml')).toBe(false);
    expect(has(`elsewhere/campaigns/${campaign}/ledger.jsonl`)).toBe(true);
  });

  test.each(['committed', 'rolled back'])('does not mind a campaign that is %s', (state) => {
    put(`var/lib/godwit-sender/campaigns/${campaign}/journal.jsonl`, facts(asked, { at, fact: 'rests', state }));
    expect(install('--uninstall').status).toBe(0);
  });
});
