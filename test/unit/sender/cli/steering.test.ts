import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCampaignStatus, aMoveStatus, aRecordedDaemon } from '../../../support/recorded-daemon.ts';
import { CommandLine } from './a-command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
});
afterEach(() => line.close());

describe('steering a campaign', () => {
  test.each(['pause', 'cancel'])('%s finds the only campaign it can be about', async (command) => {
    expect(await line.run(command)).toBe(0);
    expect(line.daemon.asked).toEqual([[command, { campaign: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de' }]]);
  });

  test('says how to follow what goes on', async () => {
    await line.serve({
      ...aRecordedDaemon(),
      rollback: async () => aCampaignStatus({ state: 'rolling back', says: 'It is undone.' }),
    });
    await line.run('rollback', '--yes');
    expect(line.output.text()).toMatch(/rolling back\. It is undone\. Follow it with `sender status --watch`\.\n$/);
  });

  test('takes the beginning of an id', async () => {
    await line.run('pause', '7c0a');
    expect(line.daemon.asked).toEqual([['pause', { campaign: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de' }]]);
  });

  test('asks which one when there are two, and names them', async () => {
    await line.serve(aRecordedDaemon([aCampaignStatus(), aCampaignStatus({ id: '7c0affff-0000-4000-8000-000000000000' })]));
    expect(await line.run('pause')).toBe(2);
    expect(await line.run('pause', '7c0a')).toBe(2);
    expect(line.told()).toMatch(/Which campaign\?.*7c0a2d8e.*7c0affff/s);
    expect(line.daemon.asked).toEqual([]);
  });

  test('does nothing where no campaign is in the right state', async () => {
    expect(await line.run('resume')).toBe(40);
    expect(line.told()).toContain('No campaign is paused or failed: 7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de (moving).');
  });

  test('does not say that campaigns were pruned where there is none', async () => {
    await line.serve(aRecordedDaemon([]));
    expect(await line.run('pause')).toBe(2);
    expect(line.told()).toMatch(/There is no campaign, unless it was pruned\.\n.*Start one with `sender migrate`/);
  });

  test('says of a commit after a rollback that the state does not allow it', async () => {
    await line.serve(aRecordedDaemon([aCampaignStatus({ state: 'rolled back' })]));
    expect(await line.run('commit')).toBe(40);
    expect(line.told()).toMatch(
      /No campaign is ready: 7c0a2d8e\S+ \(rolled back\)\.\n.*what the campaign can do now.*\n.*E_CAMPAIGN_STATE/,
    );
  });

  test('means the campaign that has the named servers where several could be meant', async () => {
    const other = aCampaignStatus({
      id: '9b1c0000-0000-4000-8000-000000000000',
      moves: [aMoveStatus('mail', { state: 'moved' })],
    });
    await line.serve(aRecordedDaemon([aCampaignStatus(), other]));
    expect(await line.run('rollback', '--yes', '--keep', 'mail')).toBe(0);
    expect(line.daemon.asked).toEqual([['rollback', { campaign: other.id, keep: ['mail'] }]]);
  });
});

describe('sender cutover', () => {
  test('means what waits in the only campaign that moves, or the named servers', async () => {
    const { id } = aCampaignStatus();
    expect(await line.run('cutover')).toBe(0);
    expect(await line.run('cutover', id.slice(0, 8), 'db', 'web')).toBe(0);
    expect(line.daemon.asked).toEqual([
      ['cutover', { campaign: id, servers: [] }],
      ['cutover', { campaign: id, servers: ['db', 'web'] }],
    ]);
  });

  test('needs no campaign where a server is named', async () => {
    const { id } = aCampaignStatus();
    expect(await line.run('cutover', 'web')).toBe(0);
    expect(await line.run('cutover', 'web', 'db')).toBe(0);
    expect(line.daemon.asked).toEqual([
      ['cutover', { campaign: id, servers: ['web'] }],
      ['cutover', { campaign: id, servers: ['web', 'db'] }],
    ]);
  });

  test('is shown with rounds and forecast while it is waited for', async () => {
    const round = { round: 2, size: 2 ** 34, blocks: 40, bytes: 40 * 2 ** 20, snapshot_ms: 9_000, copy_ms: 31_000 };
    const forecast = { downtimeMs: 71_000, phases: { stop: 4_000, freeze: 9_000 }, deltaBytes: 2 ** 20, assumed: ['stop'] };
    const warm = { rounds: [round], forecast, waits: true, cutover: 'manual', asked: false };
    await line.serve(aRecordedDaemon([aCampaignStatus({ moves: [aMoveStatus('db', { phase: 'await cutover', warm })] })]));
    await line.run('status');
    expect(line.output.text()).toContain(
      '  db: round 2 brought 40.0 MiB in 40.0 s; waits for its cutover (manual); forecast of its downtime: 1 min 11 s (stop 4.0 s?, freeze 9.0 s; ? is assumed',
    );
  });
});

describe('sender bandwidth', () => {
  test('shows the limit and what is sent', async () => {
    expect(await line.run('bandwidth')).toBe(0);
    expect(line.output.text()).toContain('at most 100mbit; now 11.3 MiB/s');
    expect(line.daemon.asked).toEqual([['bandwidth', {}]]);
  });

  test('sets the limit and says so', async () => {
    expect(await line.run('bandwidth', '20mbit')).toBe(0);
    expect(line.output.text()).toContain('at most 20mbit (by command)');
    expect(line.daemon.asked).toEqual([['bandwidth', { limit: '20mbit' }]]);
  });

  test('prints the daemon’s answer as JSON', async () => {
    await line.run('bandwidth', 'none', '--json');
    expect(line.printed()).toMatchObject({ limit: 'none', by: 'command', bytesPerSecond: 11_900_000 });
  });
});
