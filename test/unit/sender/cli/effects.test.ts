import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCampaignStatus, aMoveStatus, aRecordedDaemon } from '../../../support/recorded-daemon.ts';
import { CommandLine } from './a-command-line.ts';

const { id: campaign } = aCampaignStatus();
const app = (id: string) => aMoveStatus('app', { server: id, state: 'moved' });
const moves = [app('3f2a1c'), app('77b0de'), aMoveStatus('db', { state: 'moved' })];

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
  await line.serve(aRecordedDaemon([aCampaignStatus({ state: 'ready', moves })]));
});
afterEach(() => line.close());

describe('a command that cannot be undone', () => {
  test('says on a terminal what it will do to which servers, and does it when the answer is yes', async () => {
    expect(await line.runAnswering('y', 'commit')).toBe(0);
    expect(line.told()).toMatch(
      /Commit campaign 7c0a2d8e of project shop:\n {2}3 servers \(app \(3f2a1c\), app \(77b0de\), db\): stay stopped/,
    );
    expect(line.told()).toContain('`sender rollback` does not work afterwards.\nCommit it? [y/N] ');
    expect(line.daemon.asked).toEqual([['commit', { campaign, deleteSource: false }]]);
  });

  test.each(['', 'n', 'no', 'yellow'])('does nothing when the answer is %j', async (answer) => {
    expect(await line.runAnswering(answer, 'commit', '--delete-source')).toBe(41);
    expect(line.told()).toContain('DELETED at the source, with their disks.');
    expect(line.told()).toContain('Nothing was done.');
    expect(line.daemon.asked).toEqual([]);
  });

  test.each([['commit'], ['commit', '--delete-source'], ['rollback']])(
    'is refused without a terminal: %s %s',
    async (...args) => {
      expect(await line.run(...args.filter((word) => word !== undefined))).toBe(2);
      expect(line.told()).toMatch(/there is no terminal to ask on\.\n.*campaign 7c0a2d8e[\s\S]*Add --yes if you mean it/);
      expect(line.daemon.asked).toEqual([]);
    },
  );

  test('asks nothing of a script that says --yes', async () => {
    expect(await line.runAnswering('n', 'commit', '--delete-source', '--yes')).toBe(0);
    expect(await line.run('rollback', '--yes')).toBe(0);
    expect(line.told()).toBe('');
    expect(line.daemon.asked.map(([name]) => name)).toEqual(['commit', 'rollback']);
  });

  test('says of a rollback what is lost, what stays and what is given up', async () => {
    const at = aCampaignStatus({ state: 'failed', moves: [...moves, aMoveStatus('late', { state: 'waiting' })] });
    await line.serve(aRecordedDaemon([at]));
    expect(await line.runAnswering('yes', 'rollback', '--keep', '3f2a', '--give-up', 'db')).toBe(0);
    expect(line.told()).toMatch(/2 servers \(app \(77b0de\), db\): removed at the destination; .* is LOST\./);
    expect(line.told()).toContain('1 server (db): removed even if the source server cannot run again.');
    expect(line.told()).toContain('1 server (app (3f2a1c)): left at the destination for good');
    expect(line.told()).not.toContain('late');
    expect(line.daemon.asked).toEqual([['rollback', { campaign, keep: ['3f2a'], giveUp: ['db'] }]]);
  });

  test('names the servers of an export, which are frozen and not moved, before their sources are deleted', async () => {
    await line.serve(aRecordedDaemon([aCampaignStatus({ state: 'ready', moves: [aMoveStatus('db', { state: 'frozen' })] })]));
    expect(await line.runAnswering('n', 'commit', '--delete-source')).toBe(41);
    expect(line.told()).toContain('1 server (db): DELETED at the source, with its disks.');
  });

  test('names ten servers at most, and counts the others', async () => {
    const many = Array.from({ length: 300 }, (_, index) => aMoveStatus(`s${index}`, { state: 'moved' }));
    await line.serve(aRecordedDaemon([aCampaignStatus({ state: 'ready', moves: many })]));
    expect(await line.runAnswering('n', 'commit')).toBe(41);
    expect(line.told()).toMatch(/300 servers \(s0, s1, .*, s9 and 290 more\)/);
  });
});
