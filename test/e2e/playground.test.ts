import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import type { SenderStatus } from '../../sender/control/commands/status.ts';
import type { Report } from '../../sender/report/model.ts';
import { compare } from '../demo/compare.ts';
import { type Portrait, portraitOf, type TenantAccess } from '../demo/portrait.ts';
import { lookAt, prove, proveCommit } from '../demo/proof.ts';
import { signInTo } from '../playground/clouds-file.ts';
import { readTour, type TourLine } from '../playground/tour.ts';
import { runningIn } from '../support/processes.ts';

const script = join(import.meta.dirname, '../playground/main.ts');

/** Alone the playground needs some seconds; beside other work on two cores it may take a minute. */
const patience = { timeout: 240_000 };

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-play-'));
  // A machine whose own Node is too old: what the playground prints must not need it.
  await mkdir(join(home, 'old'));
  await writeFile(join(home, 'old', 'node'), '#!/bin/sh\necho "this Node is too old" >&2\nexit 1\n');
  await chmod(join(home, 'old', 'node'), 0o755);
});

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

type Playing = ChildProcessByStdio<null, Readable, null>;

/** A playground that runs in a process of its own, and all it has printed. */
interface Running {
  readonly child: Playing;
  readonly screen: () => string;
  readonly ended: Promise<number | null>;
}

function fail(screen: string): never {
  throw new Error(`The playground has ended:\n${screen}`);
}

async function startPlayground(name: string, args: readonly string[]): Promise<Running> {
  const TMPDIR = join(home, name);
  await mkdir(TMPDIR);
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, TMPDIR },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    printed += piece;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const screen = (): string => printed;
  while (!printed.includes('Ctrl-C stops')) await Promise.race([sleep(50), ended.then(() => fail(screen()))]);
  return { child, screen, ended };
}

/** Runs lines in a shell whose `node` is too old; they MUST succeed. Returns what they print. */
async function type(lines: readonly string[]): Promise<string> {
  const shell = spawn('sh', ['-ec', lines.join('\n')], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => shell.once('close', resolve));
  const [code, out, err] = await Promise.all([ended, text(shell.stdout), text(shell.stderr)]);
  expect(code, `${lines.join('\n')}\n${out}${err}`).toBe(0);
  return out;
}

function environment(): NodeJS.ProcessEnv {
  return { HOME: home, PATH: `${join(home, 'old')}:/usr/local/bin:/usr/bin:/bin`, EDITOR: 'cat' };
}

describe('the playground', () => {
  let playground: Running;
  let tour: TourLine[];
  let west: TenantAccess;
  let east: TenantAccess;
  let before: { readonly west: Portrait; readonly east: Portrait };
  /** The line that the playground prints for the other terminal. */
  let enter: string;

  beforeAll(async () => {
    playground = await startPlayground('kept', ['--keep', '--pace', '0']);
    tour = await readTour();
    enter = /^ +(cd .* && export PATH=.*)$/m.exec(playground.screen())?.[1] ?? 'false';
    const cloudsFile = join(home, 'kept', (await readdir(join(home, 'kept')))[0] ?? '', 'clouds.yaml');
    west = { user: await signInTo(cloudsFile, 'west') };
    east = { user: await signInTo(cloudsFile, 'east') };
    before = { west: await portraitOf(west.user), east: await portraitOf(east.user) };
  }, 180_000);

  afterAll(() => playground.child.kill('SIGTERM'));

  const run = (command: string): Promise<string> => type([enter, command]);

  const ask = async <T>(command: string): Promise<T> => JSON.parse(await run(`${command} --json`)) as T;

  const campaign = async (): Promise<CampaignStatus | undefined> => (await ask<SenderStatus>('sender status')).campaigns[0];

  /** Runs the README's tour command by command, except for the last one. */
  async function goThroughTour(): Promise<void> {
    let paired = '';
    for (const { command } of tour.slice(0, -1)) {
      // The README shows an example of the command that `receiver pair` prints.
      const typed = /^ *(sender pair .+)$/m.exec(paired)?.[1] ?? command;
      const code = /^Code: (\S+)$/m.exec(paired)?.[1] ?? '';
      const shown = command.startsWith('sender pair ') ? `echo ${code} | ${typed}` : command;
      const printed = await run(shown);
      if (command === 'receiver pair') paired = printed;
    }
  }

  test('prints the commands of the README’s tour, but those that pair what is paired', () => {
    const printed = playground.screen();
    const left = tour.filter(({ command }) => !printed.includes(`  ${command} `)).map(({ command }) => command);
    expect(left).toEqual([expect.stringMatching(/^receiver pair$/), 'sender pair receiver.example.org']);
  });

  test('has a tour of two whole controllers that begins with pairing and ends with the commit', () => {
    expect(tour.map(({ controller, command }) => `${controller} ${command.split(' ').slice(0, 2).join(' ')}`)).toEqual([
      'R receiver pair',
      'S sender pair',
      'S sender plan',
      expect.stringContaining('EDITOR'),
      'S sender migrate',
      'S sender report',
      'S sender verify',
      'S sender commit',
    ]);
  });

  test('lets the tour be taken as the README has it, and taken back', patience, async () => {
    await goThroughTour();
    const moved = compare(before.west, await portraitOf(east.user)).filter(({ differs }) => differs !== null);
    expect(moved).toEqual([]);

    await run('sender rollback --yes');
    await expect.poll(async () => (await campaign())?.state, { timeout: 60_000, interval: 300 }).toBe('rolled back');
    expect(await portraitOf(west.user)).toEqual(before.west);
    expect(await portraitOf(east.user)).toEqual(before.east);
  });

  test('lets it be taken again to the commit, after which the destination has everything', patience, async () => {
    const looked = await lookAt(west);
    await goThroughTour();
    const report = await ask<Report>('sender report');
    const proof = await prove(west, east, looked, report);
    const wrong = [...proof.resources, ...proof.source, ...proof.disks, ...proof.guests].filter(
      ({ differs }) => differs !== null,
    );
    expect([proof.holds, wrong]).toEqual([true, []]);

    await run(`${tour.at(-1)?.command} --yes`);
    const states = async () => (await ask<SenderStatus>('sender status')).campaigns.map(({ state }) => state).sort();
    await expect.poll(states, { timeout: 60_000, interval: 300 }).toEqual(['committed', 'rolled back']);
    expect((await proveCommit(west)).filter(({ differs }) => differs !== null)).toEqual([]);
    expect(await run('clouds')).toMatch(/^server web-1 \(10\.10\.1\.11\) +SHUTOFF +ACTIVE$/m);
  });

  test('ends at Ctrl-C, and what it kept starts again by the commands it prints', patience, async () => {
    // A terminal signals the whole group, and npm passes its signal on: two arrive.
    playground.child.kill('SIGINT');
    playground.child.kill('SIGINT');
    expect(await playground.ended).toBe(0);
    expect(await runningIn(join(home, 'kept'))).toEqual([]);

    const printed = playground.screen();
    const again = [...printed.matchAll(/^ +(\/\S+\/bin\/(?:west|east|receiver run|sender run))$/gm)].map(([, line = '']) => line);
    expect(again).toHaveLength(4);
    const started = again.map((line) => spawn('sh', ['-c', `exec ${line}`], { env: environment(), stdio: 'ignore' }));
    try {
      const status = /^Then: (.+)$/m.exec(printed)?.[1] ?? 'false';
      const says = () => type([`${status} || true`]);
      await expect.poll(says, { timeout: 60_000, interval: 500 }).toMatch(/: connected\n.*committed/s);
    } finally {
      const ends = started.map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of started.toReversed()) child.kill('SIGTERM');
      await Promise.all(ends);
    }
  });
});

test('a playground without --keep leaves nothing at its end', patience, async () => {
  const { child, ended, screen } = await startPlayground('removed', ['--pace', '0']);
  expect(await readdir(join(home, 'removed'))).toHaveLength(1);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(screen()).toContain('nothing was left behind');
  expect(await readdir(join(home, 'removed'))).toEqual([]);
  expect(await runningIn(join(home, 'removed'))).toEqual([]);
});
