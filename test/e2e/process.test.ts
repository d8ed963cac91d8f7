import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNode } from '../support/child.ts';
import { startTwin } from '../support/clouds.ts';
import {
  ask,
  type Daemon,
  pairDaemons,
  scriptOf,
  startDaemon,
  writeReceiverConfig,
  writeSenderConfig,
} from '../support/daemons.ts';
import { Endings } from '../support/endings.ts';

let home: string;
let endings: Endings;
let sender: Daemon;
let receiver: Daemon;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-signals-'));
  endings = new Endings();
  const cloud = await startTwin({ name: 'north', dir: home, pace: 0, projects: ['shop'] }, endings);
  sender = await startDaemon(await writeSenderConfig(home, cloud), endings);
  receiver = await startDaemon(await writeReceiverConfig(home, cloud), endings);
  await pairDaemons(sender.config, receiver.config);
});

afterAll(async () => {
  // A process under SIGSTOP does not receive SIGTERM.
  for (const daemon of [sender, receiver]) if (daemon.child().isRunning()) process.kill(daemon.child().pid, 'SIGCONT');
  await endings.run();
  await rm(home, { recursive: true, force: true });
});

async function connected(): Promise<void> {
  const state = async (): Promise<string | undefined> =>
    (await ask<{ peer: { state: string } | null }>(sender.config, ['status'])).peer?.state;
  await expect.poll(state, { timeout: 30_000, interval: 300 }).toBe('connected');
}

test('SIGHUP makes a sender read its configuration again, and a faulty one changes nothing', async () => {
  const { file } = sender.config;
  const before = await readFile(file, 'utf8');
  const { pid } = sender.child();
  const limit = async (): Promise<string> => (await ask<{ limit: string }>(sender.config, ['bandwidth'])).limit;
  const log = () => sender.child().output();
  await writeFile(file, `${before}\nbandwidth: 3mbit\nssh: { key: /etc/other }\n`);
  process.kill(pid, 'SIGHUP');
  await expect.poll(limit, { timeout: 20_000 }).toBe('3mbit');
  expect(await log()).toMatch(/"now":\["bandwidth"\],"afterRestart":\["ssh.key"\],"says":"the configuration was read again"/);
  await writeFile(file, `${before}\nbandwidth: fast\n`);
  process.kill(pid, 'SIGHUP');
  await expect.poll(log, { timeout: 20_000 }).toContain('is refused; the one before stays');
  // Commands read the file, too.
  await writeFile(file, before);
  expect(await limit()).toBe('3mbit');
  process.kill(pid, 'SIGHUP');
  await expect.poll(limit, { timeout: 20_000 }).toBe('none');
});

test('SIGHUP does not end a receiver', async () => {
  process.kill(receiver.child().pid, 'SIGHUP');
  await expect.poll(() => receiver.child().output(), { timeout: 20_000 }).toContain('the configuration was read again');
  expect(receiver.child().isRunning()).toBe(true);
});

test.each([
  ['spool', 'sender'],
  ['control', 'receiver'],
] as const)('a %s that cannot be made ends the %s that starts, and is no defect', async (setting, bin) => {
  const place = join(home, `no-${setting}`);
  await mkdir(place);
  const cloud = { name: 'north', authUrl: 'http://127.0.0.1:9/identity/v3', password: 'twin' };
  const write = bin === 'sender' ? writeSenderConfig : writeReceiverConfig;
  const { file } = await write(place, cloud, {}, { [setting]: join(sender.config.file, 'below-a-file') });
  const child = await startNode(scriptOf(bin), ['run', '--config', file], join(place, 'log'));
  endings.add(`the ${bin} without a ${setting}`, () => child.kill());
  await expect.poll(() => child.isRunning(), { timeout: 30_000 }).toBe(false);
  expect(await child.exited).toBe(3);
  expect(await child.output()).toMatch(/cannot be made: (ENOTDIR|EEXIST)/);
});

describe.each([
  { name: 'sender', own: () => sender, other: () => receiver },
  { name: 'receiver', own: () => receiver, other: () => sender },
])('the $name', ({ own, other }) => {
  test.runIf(process.platform === 'linux')('runs such that freed memory goes back to the system (needs Linux)', async () => {
    const environ = (await readFile(`/proc/${own().child().pid}/environ`, 'utf8')).split('\0');
    expect(environ.filter((line) => line.startsWith('MALLOC_')).sort()).toEqual([
      'MALLOC_ARENA_MAX=1',
      'MALLOC_MMAP_THRESHOLD_=8388608',
      'MALLOC_TRIM_THRESHOLD_=16777216',
    ]);
    expect(environ).toContain('GLIBC_TUNABLES=glibc.malloc.hugetlb=1');
    expect(await readFile(`/proc/${own().child().pid}/cmdline`, 'utf8')).toContain('--max-semi-space-size=4');
  });

  test('stops in order at the first SIGTERM, and says so', async () => {
    await connected();
    process.kill(own().child().pid, 'SIGTERM');
    expect(await own().child().exited).toBe(0);
    expect(await own().child().output()).toContain('the daemon has stopped');
    await own().start();
    await connected();
  });

  test('waits for a peer that does not answer at the first SIGTERM, ends at once at the second, and starts again where it was', async () => {
    const child = own().child();
    const frozen = other().child();
    process.kill(frozen.pid, 'SIGSTOP');
    const before = (await child.output()).length;
    const since = async (): Promise<string> => (await child.output()).slice(before);
    process.kill(child.pid, 'SIGTERM');
    await expect.poll(since, { timeout: 10_000, interval: 20 }).toContain('a second signal ends it at once');
    expect(child.isRunning()).toBe(true);
    process.kill(child.pid, 'SIGTERM');
    expect(await child.exited).toBe(143);
    expect(await since()).not.toContain('the daemon has stopped');
    process.kill(frozen.pid, 'SIGCONT');
    await own().start();
    await connected();
  });
});
