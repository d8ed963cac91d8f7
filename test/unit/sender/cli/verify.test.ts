import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCampaignStatus, aRecordedDaemon } from '../../../support/recorded-daemon.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';
import { CommandLine } from './a-command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
});
afterEach(() => line.close());

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

  test('shows every disk and what is wrong with it, and ends with 30 where one differs', async () => {
    const disks = [verdict, { ...verdict, server: 't', disk: 't.root', name: 'web', agrees: false, says: 'The copy differs.' }];
    await line.serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'ready' })]), verify: async () => disks });
    expect(await line.run('verify')).toBe(30);
    expect(line.output.text()).toBe(
      [
        'SERVER  DISK       SIZE  RESULT',
        'db      root disk   1 B  same',
        'web     root disk   1 B  DIFFERS',
        '',
        'web, root disk: The copy differs.\n',
      ].join('\n'),
    );
    expect(line.told()).toMatch(/1 of 2 disks are not what they should be\..*Do not commit/s);
    line.output = aRecordingOutput();
    expect(await line.run('verify', '--json')).toBe(30);
    expect(line.printed()).toMatchObject({ disks, problem: { code: 'E_ROOT_MISMATCH' }, exit: 30 });
  });

  test('ends with 0 where all agree, and has nothing to do before the campaign is ready', async () => {
    expect(await line.run('verify')).toBe(40);
    await line.serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'ready' })]), verify: async () => [verdict] });
    expect(await line.run('verify')).toBe(0);
  });
});
