import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCampaignStatus, aMoveStatus, aRecordedDaemon } from '../../../support/recorded-daemon.ts';
import { CommandLine } from './a-command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
});
afterEach(() => line.close());

describe('sender migrate', () => {
  test('hands the plan’s text and the options over, and says how to go on', async () => {
    await writeFile(line.file('plan.yaml'), 'version: 1\n');
    expect(await line.run('migrate', line.file('plan.yaml'), '--order', 'db, web', '--parallel', '2', '--delay', '1.5')).toBe(0);
    expect(line.daemon.asked).toEqual([
      [
        'migrate',
        {
          plan: 'version: 1\n',
          file: line.file('plan.yaml'),
          options: { order: ['db', 'web'], parallel: 2, delaySeconds: 1.5 },
        },
      ],
    ]);
    expect(line.output.text()).toContain('sender status --watch');
  });

  test('--watch ends well when the campaign is ready', async () => {
    await writeFile(line.file('plan.yaml'), 'version: 1\n');
    line.daemon.statuses = [
      ...line.daemon.statuses,
      { ...line.status(), campaigns: [aCampaignStatus({ state: 'ready', says: 'Everything moved.' })] },
    ];
    expect(await line.run('migrate', line.file('plan.yaml'), '--watch')).toBe(0);
    expect(line.output.text()).toMatch(
      /^[\d-]{10} [\d:]{8} {2}server id-of-db db, copy, 5\.0 GiB of 20\.0 GiB at 80\.0 MiB\/s, 3 min 12 s to go$/m,
    );
    expect(line.output.text()).toMatch(/ready, Everything moved\.\n$/);
  });

  test('--watch tells servers of one name apart, and ends with the campaign', async () => {
    await writeFile(line.file('plan.yaml'), 'version: 1\n');
    const twins = ['3f2a1c77', '3f2a1d00'].map((server) => aMoveStatus('app', { server, state: 'moved' }));
    const undone = aMoveStatus('db', { phase: 'plug.undo', disks: [] });
    line.daemon.statuses = [
      { ...line.status(), campaigns: [aCampaignStatus({ moves: [...twins, undone] })] },
      {
        ...line.status(),
        campaigns: [aCampaignStatus({ state: 'ready', says: 'Everything moved.', moves: [...twins, undone] })],
      },
    ];
    expect(await line.run('migrate', line.file('plan.yaml'), '--watch')).toBe(0);
    const text = line.output.text();
    expect(text).toMatch(/server 3f2a1c77 app \(3f2a1c\), moved.*\n.* app \(3f2a1d\), moved.*\n.* id-of-db db, plug undone\n/);
    expect(text).toMatch(/ {2}campaign 7c0a2d8e: ready, Everything moved\.\n$/);
  });

  test('--watch leaves the rate out while nothing moves', async () => {
    await writeFile(line.file('plan.yaml'), 'version: 1\n');
    const [disk] = aMoveStatus('db').disks;
    const still = aMoveStatus('db', { disks: disk === undefined ? [] : [{ ...disk, bytesPerSecond: 0, etaSeconds: null }] });
    line.daemon.statuses = [{ ...line.status(), campaigns: [aCampaignStatus({ state: 'ready', moves: [still] })] }];
    expect(await line.run('migrate', line.file('plan.yaml'), '--watch')).toBe(0);
    expect(line.output.text()).toContain('db, copy, 5.0 GiB of 20.0 GiB\n');
  });

  test('--watch ends with the status of the failure that ended the campaign', async () => {
    await writeFile(line.file('plan.yaml'), 'version: 1\n');
    const problem = { code: 'E_SERVER_STATE', says: 'db is paused.', hint: 'Unpause it.' };
    line.daemon.statuses = [{ ...line.status(), campaigns: [aCampaignStatus({ state: 'failed', problem })] }];
    expect(await line.run('migrate', line.file('plan.yaml'), '--watch')).toBe(22);
    expect(line.told()).toContain('db is paused.');
  });

  test('--watch waits for a daemon that is restarted, and goes on watching', async () => {
    await writeFile(line.file('plan.yaml'), 'version: 1\n');
    const watching = line.run('migrate', line.file('plan.yaml'), '--watch');
    await expect.poll(() => line.output.text()).toContain('db, copy');
    await line.stop();
    await expect.poll(() => line.told()).toContain('waiting for it to come back');
    await line.serve(aRecordedDaemon([aCampaignStatus({ state: 'ready', says: 'Everything moved.' })]));
    expect(await watching).toBe(0);
    expect(line.output.text()).toMatch(/ready, Everything moved\.\n$/);
  });

  test.each([
    ['no whole number', '--parallel', '1.5'],
    ['more than the limit', '--parallel', '17'],
    ['a negative time', '--delay', '-1'],
  ])('refuses %s before it asks anybody', async (_, option, value) => {
    expect(await line.run('migrate', 'plan.yaml', option, value)).toBe(2);
    expect(line.daemon.asked).toEqual([]);
  });

  test('says that there is no such plan', async () => {
    expect(await line.run('migrate', line.file('none.yaml'))).toBe(2);
    expect(line.told()).toMatch(/There is no file .*none\.yaml\./);
  });
});
