import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { senderProgram } from '../../../../sender/cli/program.ts';
import type { SenderStatus } from '../../../../sender/control/commands/status.ts';
import { runProgram } from '../../../../shared/cli/program.ts';
import { type ControlServer, serveControl } from '../../../../shared/control/serve.ts';
import {
  aCampaignStatus,
  aMoveStatus,
  answeredBy,
  aRecordedDaemon,
  type RecordedDaemon,
} from '../../../support/recorded-daemon.ts';
import { aRecordingOutput, type RecordingOutput } from '../../../support/recording-output.ts';

let home: string;
let output: RecordingOutput;
let daemon: RecordedDaemon;
let server: ControlServer | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-cli-'));
  await writeFile(join(home, 'sender.yaml'), `state: ${home}\ncloud: {settings: {cloud: a}}\n`);
  output = aRecordingOutput();
  await serve(aRecordedDaemon());
});

afterEach(async () => {
  process.exitCode = undefined;
  await server?.close();
  await rm(home, { recursive: true, force: true });
});

async function serve(next: RecordedDaemon): Promise<void> {
  await server?.close();
  daemon = next;
  server = await serveControl(join(home, 'control.sock'), answeredBy(daemon), undefined, pino({ level: 'silent' }));
}

/** Runs one command as a person would type it, and returns its exit status. */
async function sender(...args: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  const program = senderProgram({ output, signal: AbortSignal.timeout(10_000) });
  return await runProgram(program, [...args, '--config', join(home, 'sender.yaml')], output);
}

/** What the daemon answers first. */
function aStatus(): SenderStatus {
  const [first] = aRecordedDaemon().statuses;
  if (first === undefined) throw new Error('The daemon has no status.');
  return first;
}

const printed = (): unknown => JSON.parse(output.text());

describe('sender status', () => {
  test('shows the receiver, the campaign, its servers and their disks', async () => {
    expect(await sender('status')).toBe(0);
    expect(output.text()).toMatchSnapshot();
  });

  test('prints the daemon’s own words as JSON', async () => {
    await sender('status', '--json');
    expect(printed()).toEqual(daemon.statuses[0]);
  });

  test('shows what stands in the way, with what to do about it', async () => {
    const problem = { code: 'E_QUOTA', says: 'No more instances.', hint: 'Raise the quota.' };
    await serve(
      aRecordedDaemon([aCampaignStatus({ state: 'failed', moves: [aMoveStatus('db', { state: 'failed', problem })] })]),
    );
    await sender('status');
    expect(output.text()).toContain('db: No more instances. (E_QUOTA)\n  → Raise the quota.');
  });

  test('says that nothing is paired and nothing moves', async () => {
    daemon.statuses = [{ ...aStatus(), peer: null, campaigns: [] }];
    await sender('status');
    expect(output.text()).toBe(
      'receiver   not paired; see `sender pair --help`\nbandwidth  at most 100mbit; now 11.3 MiB/s\ncampaigns  none\n',
    );
  });
});

describe('sender migrate', () => {
  test('hands the plan’s text and the options over, and says how to go on', async () => {
    await writeFile(join(home, 'plan.yaml'), 'version: 1\n');
    expect(await sender('migrate', join(home, 'plan.yaml'), '--order', 'db, web', '--parallel', '2', '--delay', '1.5')).toBe(0);
    expect(daemon.asked).toEqual([
      [
        'migrate',
        {
          plan: 'version: 1\n',
          file: join(home, 'plan.yaml'),
          options: { order: ['db', 'web'], parallel: 2, delaySeconds: 1.5 },
        },
      ],
    ]);
    expect(output.text()).toContain('sender status --watch');
  });

  test('--watch ends well when the campaign is ready', async () => {
    await writeFile(join(home, 'plan.yaml'), 'version: 1\n');
    daemon.statuses = [
      ...daemon.statuses,
      { ...aStatus(), campaigns: [aCampaignStatus({ state: 'ready', says: 'Everything moved.' })] },
    ];
    expect(await sender('migrate', join(home, 'plan.yaml'), '--watch')).toBe(0);
    expect(output.text()).toContain('db, copy, 5.0 GiB of 20.0 GiB at 80.0 MiB/s, 3 min 12 s to go');
    expect(output.text()).toMatch(/ready, Everything moved\.\n$/);
  });

  test('--watch ends with the status of the failure that ended the campaign', async () => {
    await writeFile(join(home, 'plan.yaml'), 'version: 1\n');
    const problem = { code: 'E_SERVER_STATE', says: 'db is paused.', hint: 'Unpause it.' };
    daemon.statuses = [{ ...aStatus(), campaigns: [aCampaignStatus({ state: 'failed', problem })] }];
    expect(await sender('migrate', join(home, 'plan.yaml'), '--watch')).toBe(22);
    expect(output.err.join('')).toContain('db is paused.');
  });

  test('--watch waits for a daemon that is restarted, and goes on watching', async () => {
    await writeFile(join(home, 'plan.yaml'), 'version: 1\n');
    const watching = sender('migrate', join(home, 'plan.yaml'), '--watch');
    await expect.poll(() => output.text()).toContain('db, copy');
    await server?.close();
    await expect.poll(() => output.err.join('')).toContain('waiting for it to come back');
    await serve(aRecordedDaemon([aCampaignStatus({ state: 'ready', says: 'Everything moved.' })]));
    expect(await watching).toBe(0);
    expect(output.text()).toMatch(/ready, Everything moved\.\n$/);
  });

  test.each([
    ['no whole number', '--parallel', '1.5'],
    ['more than the limit', '--parallel', '17'],
    ['a negative time', '--delay', '-1'],
  ])('refuses %s before it asks anybody', async (_, option, value) => {
    expect(await sender('migrate', 'plan.yaml', option, value)).toBe(2);
    expect(daemon.asked).toEqual([]);
  });

  test('says that the plan cannot be read', async () => {
    expect(await sender('migrate', join(home, 'none.yaml'))).toBe(2);
    expect(output.err.join('')).toContain('none.yaml cannot be read');
  });
});

describe('steering a campaign', () => {
  test.each(['pause', 'cancel', 'rollback'])('%s finds the only campaign it can be about', async (command) => {
    expect(await sender(command)).toBe(0);
    expect(daemon.asked).toEqual([[command, { campaign: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de' }]]);
  });

  test('takes the beginning of an id', async () => {
    await sender('pause', '7c0a');
    expect(daemon.asked).toEqual([['pause', { campaign: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de' }]]);
  });

  test('asks which one when there are two, and names them', async () => {
    await serve(aRecordedDaemon([aCampaignStatus(), aCampaignStatus({ id: '7c0affff-0000-4000-8000-000000000000' })]));
    expect(await sender('pause')).toBe(2);
    expect(await sender('pause', '7c0a')).toBe(2);
    expect(output.err.join('')).toMatch(/Which campaign\?.*7c0a2d8e.*7c0affff/s);
    expect(daemon.asked).toEqual([]);
  });

  test('does nothing where no campaign is in the right state', async () => {
    expect(await sender('resume')).toBe(2);
    expect(output.err.join('')).toContain('No campaign is paused or failed: 7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de (moving).');
  });

  test('deletes the source only on a twice spoken word', async () => {
    await serve(aRecordedDaemon([aCampaignStatus({ state: 'ready' })]));
    expect(await sender('commit', '--delete-source')).toBe(2);
    expect(daemon.asked).toEqual([]);
    expect(await sender('commit', '--delete-source', '--yes')).toBe(0);
    expect(await sender('commit')).toBe(0);
    const { id: campaign } = aCampaignStatus();
    expect(daemon.asked).toEqual([
      ['commit', { campaign, deleteSource: true }],
      ['commit', { campaign, deleteSource: false }],
    ]);
  });
});

describe('sender plan', () => {
  test('writes the plan, tells every concern with its remedy, and ends with 40 when one is blocking', async () => {
    const file = join(home, 'plan.yaml');
    expect(await sender('plan', '--project', 'shop', '--server', 'web', '-rf', '-o', file)).toBe(2);
    expect(await sender('plan', '--project', 'shop', '--server', 'web', 'db', '-o', file)).toBe(40);
    expect(await readFile(file, 'utf8')).toBe('version: 1\n');
    expect(daemon.asked).toEqual([['plan', { project: 'shop', servers: ['web', 'db'] }]]);
    const said = output.err.join('');
    expect(said.indexOf('flavor.missing')).toBeLessThan(said.indexOf('name.twice'));
    expect(said).toContain('m1.\\u{1b}[2Jtiny');
  });

  test('says the same as JSON, on stdout, with the same status', async () => {
    expect(await sender('plan', '--all', '--json')).toBe(40);
    expect(printed()).toMatchObject({
      plan: 'version: 1\n',
      concerns: [{ code: 'name.twice' }, { code: 'flavor.missing' }],
      decisions: [],
    });
    expect(output.err).toEqual([]);
  });

  test('wants to be told what to plan', async () => {
    expect(await sender('plan')).toBe(2);
    expect(await sender('plan', '--all', '--project', 'shop')).toBe(2);
  });
});

describe('a failure', () => {
  test('of the daemon is the command’s: sentence, hint, code and exit status', async () => {
    expect(await sender('capture', '--all')).toBe(20);
    expect(output.err.join('')).toMatchInlineSnapshot(`
      "sender: The cloud does not know the password.
        hint:  Check the credentials in clouds.yaml or the OS_* environment.
        code:  E_AUTH (exit status 20)
      "
    `);
  });

  test('is JSON where JSON was asked for', async () => {
    expect(await sender('capture', '--all', '--json')).toBe(20);
    expect(printed()).toMatchObject({ problem: { code: 'E_AUTH', says: 'The cloud does not know the password.' }, exit: 20 });
    expect(output.err).toEqual([]);
  });

  test('to find the daemon says how to start it', async () => {
    await server?.close();
    expect(await sender('status')).toBe(3);
    expect(output.err.join('')).toContain('systemctl start godwit-sender');
  });
});

describe('peers, report and log', () => {
  test('show what the daemon knows', async () => {
    await sender('peers');
    await sender('report');
    await sender('log');
    expect(output.text()).toMatchSnapshot();
  });

  test('pairing hands address and code over, and shows the key that was pinned', async () => {
    expect(await sender('pair', 'cloud-b.example.org', '4K7Q-M2XD')).toBe(0);
    expect(daemon.asked).toEqual([['pair', { address: 'cloud-b.example.org', code: '4K7Q-M2XD' }]]);
    expect(output.text()).toBe('Paired with cloud-b.\nIts key: abcd ef01\n');
  });

  test('a report is written as a page where one is asked for', async () => {
    expect(await sender('report', '--html', join(home, 'report.html'))).toBe(0);
    expect(await readFile(join(home, 'report.html'), 'utf8')).toContain('<!doctype html>');
    expect(await sender('report', '--html', join(home, 'nowhere', 'report.html'))).toBe(2);
  });
});

describe('sender bandwidth', () => {
  test('shows the limit and what is sent', async () => {
    expect(await sender('bandwidth')).toBe(0);
    expect(output.text()).toContain('at most 100mbit; now 11.3 MiB/s');
    expect(daemon.asked).toEqual([['bandwidth', {}]]);
  });

  test('sets the limit and says so', async () => {
    expect(await sender('bandwidth', '20mbit')).toBe(0);
    expect(output.text()).toContain('at most 20mbit (by command)');
    expect(daemon.asked).toEqual([['bandwidth', { limit: '20mbit' }]]);
  });

  test('prints the daemon’s answer as JSON', async () => {
    await sender('bandwidth', 'none', '--json');
    expect(printed()).toMatchObject({ limit: 'none', by: 'command', bytesPerSecond: 11_900_000 });
  });
});

describe('sender cutover', () => {
  test('means what waits in the only campaign that moves, or the named servers', async () => {
    const { id } = aCampaignStatus();
    expect(await sender('cutover')).toBe(0);
    expect(await sender('cutover', id.slice(0, 8), 'db', 'web')).toBe(0);
    expect(daemon.asked).toEqual([
      ['cutover', { campaign: id, servers: [] }],
      ['cutover', { campaign: id, servers: ['db', 'web'] }],
    ]);
  });

  test('is shown with rounds and forecast while it is waited for', async () => {
    const round = { round: 2, size: 2 ** 34, blocks: 40, bytes: 40 * 2 ** 20, snapshot_ms: 9_000, copy_ms: 31_000 };
    const forecast = { downtimeMs: 71_000, stages: { stop: 4_000, freeze: 9_000 }, deltaBytes: 2 ** 20, assumed: ['stop'] };
    const warm = { rounds: [round], forecast, waits: true, cutover: 'manual', asked: false };
    await serve(aRecordedDaemon([aCampaignStatus({ moves: [aMoveStatus('db', { phase: 'await cutover', warm })] })]));
    await sender('status');
    expect(output.text()).toContain(
      '  db: round 2 brought 40.0 MiB in 40.0 s; waits for its cutover (manual); forecast of its downtime: 1 min 11 s (stop 4.0 s?, freeze 9.0 s; ? is assumed',
    );
  });
});

describe('sender verify', () => {
  const verdict = {
    server: 's',
    name: 'db',
    disk: 's.root',
    sizeBytes: 1,
    sha256: null,
    image: 'i',
    agrees: true,
    says: 'the same',
  };

  test('says a sentence of every disk, and ends with 30 where one differs', async () => {
    const disks = [verdict, { ...verdict, name: 'web', agrees: false, says: 'The copy differs.' }];
    await serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'ready' })]), verify: async () => disks });
    expect(await sender('verify')).toBe(30);
    expect(output.text()).toContain('same     db, disk s.root: the same\nDIFFERS  web, disk s.root: The copy differs.\n');
    expect(output.err.join('')).toMatch(/1 of 2 disks are not what they should be\..*Do not commit/s);
    output = aRecordingOutput();
    expect(await sender('verify', '--json')).toBe(30);
    expect(printed()).toMatchObject({ disks, problem: { code: 'E_ROOT_MISMATCH' }, exit: 30 });
  });

  test('ends with 0 where all agree, and has nothing to do before the campaign is ready', async () => {
    expect(await sender('verify')).toBe(2);
    await serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'ready' })]), verify: async () => [verdict] });
    expect(await sender('verify')).toBe(0);
  });
});
