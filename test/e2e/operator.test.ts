import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckOutcome } from '../../shared/cli/doctor.ts';
import { startNode } from '../support/child.ts';
import { startTwin } from '../support/clouds.ts';
import {
  ask,
  cli,
  type Daemon,
  pairDaemons,
  scriptOf,
  startDaemon,
  type WrittenConfig,
  writeReceiverConfig,
  writeSenderConfig,
} from '../support/daemons.ts';
import { Endings } from '../support/endings.ts';

const canary = 'canary-7f3a-password';

let home: string;
let endings: Endings;
let sender: Daemon;
let receiver: Daemon;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-operator-'));
  endings = new Endings();
  const cloud = await startTwin({ name: 'north', dir: home, pace: 0, projects: ['shop'] }, endings);
  // The sender has a wrong password, because commands about the daemons alone must not need a
  // cloud.
  sender = await startDaemon(await writeSenderConfig(home, { ...cloud, password: canary }), endings);
  receiver = await startDaemon(await writeReceiverConfig(home, cloud), endings);
});

afterAll(async () => {
  await endings.run();
  await rm(home, { recursive: true, force: true });
});

const checksOf = async (config: WrittenConfig): Promise<Record<string, CheckOutcome>> => {
  const { stdout } = await cli(config, ['doctor', '--json']);
  const { checks } = JSON.parse(stdout) as { checks: CheckOutcome[] };
  return Object.fromEntries(checks.map((check) => [check.name, check]));
};

describe('an operator with two daemons', () => {
  test('pairs them with a code, and each then knows the other', async () => {
    const name = await pairDaemons(sender.config, receiver.config);
    const { peers: ofSender } = await ask<{ peers: { name: string; fingerprint: string }[] }>(sender.config, ['peers']);
    const { peers: ofReceiver } = await ask<{ peers: { name: string }[] }>(receiver.config, ['peers']);
    expect(ofSender.map((peer) => peer.name)).toEqual([name]);
    expect(ofReceiver.length).toBe(1);
  });

  test('asks what disks are kept, and frees them in one way at a time', async () => {
    expect(await ask(receiver.config, ['kept'])).toEqual({ kept: [] });
    expect((await cli(receiver.config, ['kept'])).stdout).toBe('No disks are kept.\n');
    expect(await ask(receiver.config, ['kept', '--older-than', '30'])).toEqual({ freed: [], inUse: [] });
    const unknown = await cli(receiver.config, ['kept', '--free', '3f2a77']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/E_NOT_FOUND/) });
    for (const more of [['--all'], ['--older-than', '3']])
      expect((await cli(receiver.config, ['kept', '--free', '3f2a77', ...more])).code).toBe(2);
  });

  test('cannot use a code twice, nor a wrong one', async () => {
    const { code, address } = await ask<{ code: string; address: string }>(receiver.config, ['pair']);
    const wrong = await cli(sender.config, ['pair', address], `${code.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))}\n`);
    expect(wrong).toMatchObject({ code: 11, stderr: expect.stringMatching(/E_PAIRING_WRONG_CODE/) });
    expect((await cli(sender.config, ['pair', address], `${code}\n`)).code).toBe(0);
    expect((await cli(sender.config, ['pair', address], `${code}\n`)).code).toBe(11);
  });

  test('sees in status that they are connected', async () => {
    await expect
      .poll(async () => (await cli(sender.config, ['status'])).stdout, { timeout: 15_000, interval: 500 })
      .toMatch(/: connected\n/);
    expect((await cli(receiver.config, ['status'])).stdout).toContain('listening');
  });

  test('learns from doctor what is well and what is not: here the password of one cloud', async () => {
    const checks = await checksOf(sender.config);
    expect(checks['cloud']).toMatchObject({ state: 'fail', problem: { code: 'E_AUTH' } });
    const { cloud } = await checksOf(receiver.config);
    expect(cloud).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/project shop.*\ncompute .*microversion 2\.\d+\nnetwork .*\nimage /),
    });
    for (const name of ['config', 'node', 'state', 'spool', 'daemon', 'receiver'])
      expect([name, checks[name]?.state]).toEqual([name, 'ok']);
    const { code, stdout } = await cli(sender.config, ['doctor']);
    expect([code, stdout]).toEqual([20, expect.stringMatching(/^fail {4}cloud/m)]);
  });

  test('is refused a second daemon on the same state, and told the pid of the first', async () => {
    const second = await startNode(scriptOf('sender'), ['run', '--config', sender.config.file], join(home, 'second.log'));
    expect(await second.exited).toBe(3);
    expect(await second.output()).toContain(`in use by process ${sender.child().pid}`);
  });

  test('drops a plan into the spool and finds its problem beside it', async () => {
    const spool = join(sender.config.state, 'spool');
    await writeFile(join(spool, 'plan.yaml'), 'version: 1\nwaves: []\nspeed: fast\n');
    await expect.poll(() => readdir(spool), { timeout: 15_000, interval: 500 }).toContain('plan.yaml.problem.json');
    const { problem } = JSON.parse(await readFile(join(spool, 'plan.yaml.problem.json'), 'utf8')) as {
      problem: { code: string; says: string };
    };
    expect([problem.code, problem.says]).toEqual([
      'E_PLAN',
      expect.stringContaining('plan.yaml:3:1 speed: there is no such setting'),
    ]);
  });

  test('hears from a plan that the cloud does not let us in, with its status, as JSON too', async () => {
    const plan = await cli(sender.config, ['plan', '--project', 'shop', '--json']);
    expect([plan.code, (JSON.parse(plan.stdout) as { problem: { code: string } }).problem.code]).toEqual([20, 'E_AUTH']);
  });
});

describe('a daemon', () => {
  test('killed with -9 starts again on its state, and is still paired', async () => {
    await sender.kill();
    expect((await cli(sender.config, ['status'])).code).toBe(3);
    const checks = await checksOf(sender.config);
    expect([checks['daemon']?.state, checks['receiver']]).toEqual(['warn', expect.objectContaining({ state: 'ok' })]);
    await sender.start();
    await expect
      .poll(async () => (await cli(sender.config, ['status'])).stdout, { timeout: 15_000, interval: 500 })
      .toMatch(/: connected\n/);
  });

  test('stops in order at SIGTERM, and takes its socket with it', async () => {
    const child = sender.child();
    await child.stop();
    expect(await child.exited).toBe(0);
    await expect(stat(sender.config.control)).rejects.toMatchObject({ code: 'ENOENT' });
    await sender.start();
  });

  test('keeps what is secret out of its log, its answers and its state', async () => {
    const output = `${await sender.child().output()}${await receiver.child().output()}`;
    const doctored = (await cli(sender.config, ['doctor'])).stdout;
    expect(`${output}${doctored}`).not.toContain(canary);
    expect(output).toContain('"says"');
  });
});

test('init writes a configuration that is explained and can be read, makes the state, and overwrites nothing', async () => {
  const file = join(home, 'fresh', 'receiver.yaml');
  const config: WrittenConfig = { bin: 'receiver', file, state: join(home, 'x'), control: '' };
  const made = await cli(config, ['init', '--json']);
  expect(made.code).toBe(process.getuid?.() === 0 ? 0 : 3);
  expect((await readFile(file, 'utf8')).split('\n')[0]).toContain("The receiver's configuration");
  await writeFile(file, `state: ${join(home, 'mine')}\ncloud: {settings: {cloud: x}}\n`);
  const again = await cli(config, ['init', '--json']);
  expect(JSON.parse(again.stdout)).toEqual({ config: file, wrote: false, made: [join(home, 'mine')] });
  expect(await readFile(file, 'utf8')).toContain('mine');
  expect(((await stat(join(home, 'mine'))).mode & 0o777).toString(8)).toBe('700');
});
