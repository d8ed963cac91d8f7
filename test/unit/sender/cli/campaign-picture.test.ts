import { describe, expect, test } from 'vitest';
import { picture } from '../../../../sender/cli/campaign-picture.ts';
import { aCampaignStatus, aMoveStatus } from '../../../support/recorded-daemon.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';

const output = aRecordingOutput({ columns: 100, rows: 24 });
const problem = { code: 'E_QUOTA', says: 'No more instances.', hint: 'Raise the quota.' };
const waiting = { state: 'waiting', phase: null, disks: [] } as const;

/** 300 servers in the order of the plan: most are through, one moves, one has failed. */
const many = Array.from({ length: 300 }, (_, index) => {
  const name = `s${String(index).padStart(3, '0')}`;
  if (index === 200) return aMoveStatus(name);
  if (index === 210) return aMoveStatus(name, { state: 'failed', problem, disks: [] });
  return aMoveStatus(name, index < 200 ? { state: 'moved', phase: 'mark', disks: [] } : waiting);
});

describe('a campaign with more servers than lines', () => {
  test('shows what moves first, then what has failed, and folds the rest into numbers', () => {
    const lines = picture(aCampaignStatus({ moves: many }), output, 12);
    expect(lines.length).toBeLessThanOrEqual(12);
    const text = lines.join('\n');
    expect(text).toMatch(/^ {2}s200 +copy +5\.0 of 20\.0 GiB/m);
    expect(text).toMatch(/^ {2}s210 +failed/m);
    expect(text).toContain('s210: No more instances. (E_QUOTA)');
    expect(text).toMatch(/… and 29\d servers more: 200 moved, \d+ waiting$/);
    expect(text).not.toContain('s000');
  });

  test('has a bar and the time left for all of it', () => {
    const text = picture(aCampaignStatus({ moves: many }), output, 12).join('\n');
    expect(text).toMatch(
      /^ {2}█{6}░{18} 25 %: 5\.0 GiB of 20\.0 GiB copied, 1\.0 GiB sent, 80\.0 MiB\/s, about 2 min 34 s to go$/m,
    );
  });

  test('is whole where the lines are endless, as in `status` and at the end', () => {
    const text = picture(aCampaignStatus({ moves: many }), output).join('\n');
    for (const { name } of many) expect(text).toContain(`  ${name} `);
    expect(text).not.toContain('more:');
  });

  test('fits into 24 lines however many servers move at once', () => {
    const moving = Array.from({ length: 40 }, (_, index) => aMoveStatus(`m${index}`));
    const lines = picture(aCampaignStatus({ moves: moving }), output, 23);
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines.at(-1)).toMatch(/… and 3\d servers more: 3\d moving$/);
  });
});

describe('the network side', () => {
  const shown = (more: object): string => picture(aCampaignStatus({ ...more }), output).join('\n');

  test('counts what was built and what was adopted, and says so only when it is known', () => {
    expect(shown({ built: 12, toBuild: 110 })).toContain('network side: 12 of 110 built;');
    expect(shown({ built: 95, adopted: 15, toBuild: 110 })).toContain('network side: 95 built, 15 adopted, of 110;');
    expect(shown({ state: 'preparing', built: null, toBuild: 110 })).toContain('network side: 110 to build; how many are built');
  });

  test('is removed after a rollback, and kept where a server was kept', () => {
    const back = aMoveStatus('db', { state: 'rolled back', disks: [] });
    expect(shown({ state: 'rolling back' })).toContain('network side: being removed;');
    expect(shown({ state: 'rolled back', moves: [back] })).toContain('network side: removed; servers: 0 of 1 moved');
    const kept = aMoveStatus('web', { state: 'moved' });
    expect(shown({ state: 'rolled back', moves: [back, kept] })).toContain('network side: kept;');
  });
});

test('a warm server that waits has no ETA for the campaign, and what its rounds sent counts', () => {
  const round = { round: 1, size: 1, blocks: 1, bytes: 3 * 2 ** 30, snapshot_ms: 1, copy_ms: 1 };
  const warm = { rounds: [round], forecast: null, waits: true, cutover: 'manual', asked: false };
  const db = aMoveStatus('db', { warm, sentBytes: 3 * 2 ** 30 });
  const text = picture(aCampaignStatus({ moves: [db] }), output).join('\n');
  expect(text).toMatch(/copied, 3\.0 GiB sent, 80\.0 MiB\/s$/m);
  expect(text).toMatch(/^ {2}db +copy +5\.0 of 20\.0 GiB +3\.0 GiB/m);
});

test('a problem that stopped the campaign is told once where a server has it', () => {
  const failed = aMoveStatus('db', { state: 'failed', problem, disks: [] });
  const text = picture(aCampaignStatus({ state: 'failed', moves: [failed], problem }), output).join('\n');
  expect(text.split('No more instances.')).toHaveLength(2);
  const other = picture(aCampaignStatus({ state: 'failed', problem }), output).join('\n');
  expect(other).toContain('  No more instances. (E_QUOTA)');
});

test('what stopped a campaign first is told beside what stops its rollback', () => {
  const before = { code: 'E_QUOTA' as const, says: 'There is no room.', hint: 'Raise it.' };
  const failed = aMoveStatus('db', { state: 'failed', problem, before, disks: [] });
  const other = { ...before, says: '1 of 2 servers could not be moved.' };
  const lines = picture(aCampaignStatus({ state: 'failed', moves: [failed], problem, before: other }), output);
  expect(lines).toContain('  before that: 1 of 2 servers could not be moved. (E_QUOTA)');
  expect(lines).toContain('  db, before that: There is no room. (E_QUOTA)');
  const once = picture(aCampaignStatus({ state: 'failed', moves: [failed], problem, before }), output);
  expect(once.filter((line) => line.includes(before.says))).toHaveLength(1);
});
