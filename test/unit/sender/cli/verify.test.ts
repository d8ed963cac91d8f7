import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { AttributeComparison, ComparedLine } from '../../../../sender/campaign/compare/comparison.ts';
import type { Verification } from '../../../../sender/campaign/compare/verification.ts';
import type { DiskVerdict } from '../../../../sender/campaign/verify.ts';
import { aCampaignStatus, aRecordedDaemon } from '../../../support/recorded-daemon.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';
import { CommandLine } from './a-command-line.ts';

const at = '2026-11-20T12:00:00.000Z';

function aVerification(disks: readonly DiskVerdict[], comparison: AttributeComparison | null = null): Verification {
  return { campaign: 'c', at, disks, comparison, waivers: [] };
}

/** A comparison of one server, of which one attribute is in a line. */
function aComparison(line: Pick<ComparedLine, 'is' | 'severity'>): AttributeComparison {
  const counts = { resources: 1, equal: 12, mapped: 3, unread: 1, told: 0, changed: 0, waived: 0, different: 0 };
  const one: ComparedLine = { ref: 'server/s', name: 'db', attribute: 'tags', says: 'tags is [], not ["a"]', ...line };
  return {
    kinds: { server: { ...counts, [line.is]: 1 } },
    lines: [one],
    omitted: 0,
    unread: ['server.hostname'],
    idleWaivers: [],
    pastWaivers: [],
    worst: line.is === 'different' ? line.severity : null,
  };
}

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
    await line.serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'ready' })]), verify: async () => aVerification(disks) });
    expect(await line.run('verify')).toBe(30);
    expect(line.output.text()).toBe(
      [
        'SERVER  DISK       SIZE  RESULT',
        'db      root disk   1 B  same',
        'web     root disk   1 B  DIFFERS',
        '',
        'web, root disk: The copy differs.',
        '',
        'The receiver is older than comparisons of attributes: only disks were read again.\n',
      ].join('\n'),
    );
    expect(line.told()).toMatch(/1 of 2 disks are not what they should be\..*Do not commit/s);
    line.output = aRecordingOutput();
    expect(await line.run('verify', '--json')).toBe(30);
    expect(line.printed()).toMatchObject({ disks, problem: { code: 'E_ROOT_MISMATCH' }, exit: 30 });
  });

  test('ends with 0 where all agree, and has nothing to do before the campaign is ready', async () => {
    expect(await line.run('verify')).toBe(40);
    await line.serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'ready' })]), verify: async () => aVerification([verdict]) });
    expect(await line.run('verify')).toBe(0);
  });

  test.each([
    ['serious', 31, 'E_DIFFERENT'],
    ['minor', 32, 'E_DIFFERENT_MINOR'],
  ] as const)('ends with the status of the worst attribute that differs: %s', async (severity, status, code) => {
    const verification = aVerification([], aComparison({ is: 'different', severity }));
    await line.serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'committed' })]), verify: async () => verification });
    expect(await line.run('verify')).toBe(status);
    expect(line.output.text()).toBe(
      [
        'KIND      EQUAL  MAPPED  TOLD  CHANGED  WAIVED  UNREAD  DIFFERENT',
        '1 server     12       3     ·        ·       ·       1          1',
        `different, ${severity}: server db: tags is [], not ["a"]`,
        "The destination's credentials may not read: server.hostname.\n",
      ].join('\n'),
    );
    line.output = aRecordingOutput();
    expect(await line.run('verify', '--json')).toBe(status);
    expect(line.printed()).toMatchObject({ comparison: { worst: severity }, problem: { code }, exit: status });
  });

  test('reads waivers from a file, and refuses one without an owner or a day', async () => {
    const asked: unknown[] = [];
    const verify = async (params: object): Promise<Verification> => {
      asked.push(params);
      return aVerification([], aComparison({ is: 'waived', severity: 'minor' }));
    };
    await line.serve({ ...aRecordedDaemon([aCampaignStatus({ state: 'ready' })]), verify });
    const file = line.file('waivers.yaml');
    const waiver = { resource: 'server/db', attribute: 'tags', owner: 'ann', until: '2027-01-31', reason: 'it is known' };
    await writeFile(file, stringify({ waivers: [waiver] }));
    expect(await line.run('verify', '--waivers', file)).toBe(0);
    expect(asked).toMatchObject([{ waivers: [waiver] }]);
    await writeFile(file, stringify({ waivers: [{ ...waiver, until: 'soon', owner: undefined }] }));
    expect(await line.run('verify', '--waivers', file)).toBe(2);
    expect(line.told()).toMatch(/owner.*until|until.*owner/s);
  });
});
