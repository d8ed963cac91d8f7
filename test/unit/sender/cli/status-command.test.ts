import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCampaignStatus, aMoveStatus, aRecordedDaemon } from '../../../support/recorded-daemon.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';
import { CommandLine } from './a-command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
});
afterEach(() => line.close());

describe('sender status', () => {
  test('shows the receiver, the campaign, its servers and their disks', async () => {
    expect(await line.run('status')).toBe(0);
    expect(line.output.text()).toMatchSnapshot();
  });

  test('prints the daemon’s own words as JSON', async () => {
    await line.run('status', '--json');
    expect(line.printed()).toEqual(line.daemon.statuses[0]);
  });

  test('shows what stands in the way, with what to do about it', async () => {
    const problem = { code: 'E_QUOTA', says: 'No more instances.', hint: 'Raise the quota.' };
    await line.serve(
      aRecordedDaemon([aCampaignStatus({ state: 'failed', moves: [aMoveStatus('db', { state: 'failed', problem })] })]),
    );
    await line.run('status');
    expect(line.output.text()).toContain('db: No more instances. (E_QUOTA)\n  → Raise the quota.');
  });

  test('says of a campaign that has ended how it ended, and nothing of its servers', async () => {
    const says = 'Rolled back: the source is as it was.';
    await line.serve(aRecordedDaemon([aCampaignStatus({ state: 'rolled back', says })]));
    await line.run('status');
    expect(line.output.text()).toMatch(/campaign .* rolled back .*\n {2}Rolled back: the source is as it was\.\n$/);
  });

  test('shows a dash where nothing was heard of a disk yet, and cuts a name of 253 characters', async () => {
    const disk = { id: 'id-of-x.root', sizeBytes: 0, doneBytes: 0, sentBytes: 0, bytesPerSecond: 0, etaSeconds: null };
    const long = aMoveStatus('x'.repeat(253), { state: 'waiting', disks: [disk] });
    await line.serve(aRecordedDaemon([aCampaignStatus({ moves: [long, aMoveStatus('x')] })]));
    await line.run('status');
    expect(line.output.text()).toMatch(/^ {2}x{20,37}… +waiting +- +- +- +-$/m);
    expect(line.output.text()).not.toContain('0 B');
  });

  test('says that nothing is paired and nothing moves', async () => {
    line.daemon.statuses = [{ ...line.status(), peer: null, campaigns: [] }];
    await line.run('status');
    expect(line.output.text()).toBe(
      'receiver   not paired; see `sender pair --help`\nbandwidth  at most 100mbit; now 11.3 MiB/s\ncampaigns  none\n',
    );
  });

  test('names a campaign that cannot be read, beside the others', async () => {
    const problem = { code: 'E_STATE_DAMAGED', says: 'The campaign in /x cannot be read.', hint: 'Restore it.' };
    line.daemon.statuses = [{ ...line.status(), campaigns: [], damaged: [{ id: 'odd', problem }] }];
    await line.run('status');
    expect(line.output.text()).toContain('damaged    campaign odd: The campaign in /x cannot be read.\n');
  });

  test('shows open campaigns whole, and of the others the last three unless --all is given', async () => {
    const ended = Array.from({ length: 5 }, (_, index) => aCampaignStatus({ id: `${index}${index}-over`, state: 'committed' }));
    await line.serve(aRecordedDaemon([aCampaignStatus({ id: 'open' }), ...ended]));
    await line.run('status');
    expect(line.output.text()).toMatch(
      /campaign {3}open [\s\S]*SERVER[\s\S]*00-over[\s\S]*22-over[\s\S]*… and 2 more that have ended: `sender status --all`\n$/,
    );
    expect(line.output.text()).not.toContain('33-over');
    line.output = aRecordingOutput();
    await line.run('status', '--all');
    expect(line.output.text()).toContain('44-over');
  });

  test('prune archives what ended before some days, and says what', async () => {
    await line.serve(aRecordedDaemon([aCampaignStatus({ id: 'gone', state: 'committed' })]));
    expect(await line.run('prune', '--older-than', '30')).toBe(0);
    expect(line.daemon.asked).toEqual([['prune', { days: 30 }]]);
    expect(line.output.text()).toBe('1 campaign archived.\n  gone  shop  committed\n');
  });
});
