import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Campaign } from '../../../../sender/campaign/campaign.ts';
import { toCutOver } from '../../../../sender/campaign/cutover.ts';
import { Progress } from '../../../../sender/campaign/progress.ts';
import { statusOf } from '../../../../sender/campaign/status.ts';
import { totalsOf } from '../../../../sender/campaign/totals.ts';
import type { Fact } from '../../../../sender/migration/fact.ts';
import { itinerary } from '../../../../sender/migration/itinerary.ts';
import type { Phase } from '../../../../sender/migration/phase.ts';
import { reportPage } from '../../../../sender/report/page.ts';
import { reportOf } from '../../../../sender/report/report.ts';
import { reportText } from '../../../../sender/report/text.ts';
import type { Dated } from '../../../../shared/journal.ts';
import { aPlan, aTenant } from '../../../support/build.ts';
import { aFolder, problemOf } from '../../../support/folder.ts';

const MiB = 1024 * 1024;
const disk = {
  size: 3 * MiB,
  root: 'a'.repeat(64),
  blocks: 3,
  zero: 1,
  pulled: 2,
  reused: 0,
  copied: 0,
  mended: 0,
  bytes_pulled: 2 * MiB,
  bytes_wire: MiB,
  block_size: MiB,
  transfer_ms: 7,
};

/** What each phase learned, as the real ones tell it. */
const learned: Readonly<Record<string, (server: string) => object>> = {
  look: () => ({ was: 'running' }),
  copy: (server) => ({ sealed: { [`${server}.root`]: disk } }),
  import: (server) => ({ built: { [`disk/${server}.root`]: 'image' } }),
  create: (server) => ({ built: { [`server/${server}`]: `new-${server}` } }),
};

/** A campaign whose journal holds these facts, one second apart. */
async function aCampaign(facts: readonly Fact[], servers = 2): Promise<Campaign> {
  const state = await aFolder();
  const document = aTenant(servers);
  const made = await Campaign.create(state, aPlan(document), document);
  await made.journal.close();
  const lines = facts.map(
    (fact, index): Dated<Fact> => ({ at: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(), ...fact }),
  );
  await writeFile(join(made.folder, 'journal.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const campaign = await Campaign.open(state, made.id);
  if (campaign === null) throw new Error('The campaign is not there.');
  onTestFinished(() => campaign.journal.close());
  return campaign;
}

const start: Fact = { fact: 'started', project: 'shop', release: '0', servers: ['s1', 's2'] };
const configured: Fact = { fact: 'done', server: null, phase: 'configure', learned: { counts: { flavor: 1 }, digest: 'd' } };
const cold: readonly Phase[] = itinerary.filter((phase: Phase) => phase.when === undefined);
const moved = (server: string, journey = cold): Fact[] =>
  journey.flatMap(({ name }): Fact[] => [
    { fact: 'begun', server, phase: name },
    { fact: 'done', server, phase: name, learned: learned[name]?.(server) },
  ]);

test('a report follows from the journal alone: phases, downtime, bytes and roots', async () => {
  const campaign = await aCampaign([start, configured, ...moved('s1'), ...moved('s2'), { fact: 'rests', state: 'ready' }]);
  const report = reportOf(campaign, 'ready');
  expect(reportOf(campaign, 'ready')).toEqual(report);
  const [first] = report.moves;
  expect(first?.phases.map(({ name, ms }) => [name, ms])).toEqual(cold.map(({ name }) => [name, 1000]));
  expect(first).toMatchObject({ state: 'moved', destinationId: 'new-s1', migrationMs: 19_000, downtimeMs: 13_000 });
  expect(first?.disks).toEqual([
    {
      id: 's1.root',
      sizeBytes: 3 * MiB,
      zeroBytes: MiB,
      reusedBytes: 0,
      copiedBytes: 0,
      pulledBytes: 2 * MiB,
      sentBytes: MiB,
      root: disk.root,
    },
  ]);
  expect(report.totals).toEqual({
    servers: 2,
    rolledBack: 0,
    diskBytes: 6 * MiB,
    sentBytes: 2 * MiB,
    resources: { flavor: 1, disk: 2, server: 2 },
  });
  expect(totalsOf(campaign)).toMatchObject({ servers: 2, disks: 2, disk_bytes: 6 * MiB, resources: report.totals.resources });
});

test('a report of 1,000 servers keeps the daemon for no more than 3 s', async () => {
  const servers = Array.from({ length: 1000 }, (_, index) => `s${index + 1}`);
  const campaign = await aCampaign([start, configured, ...servers.flatMap((server) => moved(server))], servers.length);
  const begun = performance.now();
  expect(reportOf(campaign, 'ready').totals.servers).toBe(1000);
  expect(performance.now() - begun).toBeLessThan(3000);
});

test('a server that was stopped at the source has no downtime, one on its way no end', async () => {
  const was: Fact[] = moved('s1').map((fact) =>
    fact.fact === 'done' && fact.phase === 'look' ? { ...fact, learned: { was: 'stopped' } } : fact,
  );
  const report = reportOf(await aCampaign([start, ...was, { fact: 'begun', server: 's2', phase: 'look' }]), 'moving');
  expect(report.moves[0]?.downtimeMs).toBeNull();
  expect(report.moves[1]).toMatchObject({
    state: 'moving',
    destinationId: null,
    migrationMs: null,
    downtimeMs: null,
    phases: [],
  });
});

test('an attempt that was rolled back leaves its problems in the report and nothing else', async () => {
  const problem = { code: 'E_QUOTA' as const, says: 'No.', hint: 'More.' };
  const facts: Fact[] = [start, ...moved('s1').slice(0, 9), { fact: 'problem', server: 's1', phase: 'copy', problem }];
  const campaign = await aCampaign([...facts, { fact: 'turned back', server: 's1' }, { fact: 'rolled back', server: 's1' }]);
  const report = reportOf(campaign, 'failed');
  expect(report.problems).toMatchObject([{ code: 'E_QUOTA', says: 'No.' }]);
  expect(report.moves[0]).toMatchObject({ phases: [], disks: [], state: 'rolled back', movedAt: null });
  expect(report.totals).toMatchObject({ servers: 0, rolledBack: 0, diskBytes: 0 });
});

test('a campaign that was rolled back reports what had moved, and when each server was back', async () => {
  const back = (server: string): Fact[] => [
    { fact: 'turned back', server },
    { fact: 'rolled back', server },
  ];
  const undone: Fact[] = [
    { fact: 'asked', wish: 'rollback' },
    ...back('s2'),
    ...back('s1'),
    { fact: 'rests', state: 'rolled back' },
  ];
  const campaign = await aCampaign([start, configured, ...moved('s1'), ...moved('s2'), ...undone]);
  const report = reportOf(campaign, 'rolled back');
  expect(report.totals).toMatchObject({ servers: 0, rolledBack: 2, diskBytes: 6 * MiB, sentBytes: 2 * MiB });
  const [first] = report.moves;
  expect(first).toMatchObject({ state: 'rolled back', destinationId: null, downtimeMs: 13_000, migrationMs: 19_000 });
  const at = (wanted: string): string | undefined =>
    campaign.journal.facts.find((fact) => fact.fact === wanted && 'server' in fact && fact.server === 's1')?.at;
  expect(first?.rolledBackAt).toBe(at('rolled back'));
  expect(Date.parse(first?.movedAt ?? '')).toBeLessThan(Date.parse(first?.rolledBackAt ?? ''));
  const lines = reportText(report);
  expect(lines).toContain('2 servers moved and rolled back, 6.0 MiB of disks, 2.0 MiB sent, compressed from 4.0 MiB');
  expect(lines.join('\n')).toMatch(/^SERVER .* MOVED +ROLLED BACK +AT DESTINATION$/m);
  expect(lines.join('\n')).toContain(
    'Built, and removed by the rollback; or adopted, and released: 1 flavor, 2 disks, 2 servers',
  );
});

test('the status tells what happens now, and what an operator may do next', async () => {
  const look = async (...facts: Fact[]) => statusOf(await aCampaign([start, ...facts]), new Progress(), new Map());
  expect(await look()).toMatchObject({ state: 'preparing', built: 0, adopted: 0, toBuild: 1 });
  const moving = await look(configured, ...moved('s1'), { fact: 'begun', server: 's2', phase: 'freeze' });
  expect(moving.state).toBe('moving');
  expect(moving.says).toContain('1 of 2 servers moved; web 2: snapshot its disk');
  expect(moving.moves.map(({ state, phase }) => [state, phase])).toEqual([
    ['moved', 'mark'],
    ['moving', 'freeze'],
  ]);
  expect(moving.moves[0]?.disks).toMatchObject([{ doneBytes: 3 * MiB, sentBytes: MiB, etaSeconds: 0 }]);
  expect(await look(configured, { fact: 'rests', state: 'ready' })).toMatchObject({ state: 'ready' });
  expect(await look({ fact: 'asked', wish: 'rollback' })).toMatchObject({ state: 'rolling back' });
  const problem = { code: 'E_QUOTA' as const, says: 'No.', hint: 'More.' };
  const failed = await look(
    { fact: 'problem', server: 's1', phase: 'look', problem },
    { fact: 'rests', state: 'failed', problem },
  );
  expect(failed).toMatchObject({ state: 'failed', problem, moves: [{ state: 'failed', problem }, { state: 'waiting' }] });
});

test('a rollback that fails hides neither what had stopped the campaign nor what had failed its server', async () => {
  const first = { code: 'E_QUOTA' as const, says: 'No.', hint: 'More.' };
  const later = { code: 'E_SERVER_STATE' as const, says: 'Gone.', hint: 'Keep it.' };
  const campaign = await aCampaign([
    start,
    configured,
    { fact: 'begun', server: 's1', phase: 'look' },
    { fact: 'problem', server: 's1', phase: 'look', problem: first },
    { fact: 'failed', server: 's1', problem: first },
    { fact: 'rests', state: 'failed', problem: first },
    { fact: 'asked', wish: 'rollback' },
    { fact: 'problem', server: 's1', phase: 'look before the way back', problem: later },
    { fact: 'rests', state: 'failed', problem: later },
  ]);
  const status = statusOf(campaign, new Progress(), new Map());
  expect(status).toMatchObject({ problem: later, before: first });
  expect(status.moves[0]).toMatchObject({ problem: later, before: first });
});

test('the network side is unknown until the receiver has told, and what was adopted is not called built', async () => {
  const asked: Fact = { fact: 'begun', server: null, phase: 'configure' };
  const look = async (built: ReadonlyMap<string, string>, ...facts: Fact[]) =>
    statusOf(await aCampaign([start, ...facts]), new Progress(), built);
  expect(await look(new Map(), asked)).toMatchObject({ built: null, adopted: 0, toBuild: 1 });
  expect(await look(new Map([['flavor/f1', 'adopted']]), asked)).toMatchObject({ built: 0, adopted: 1, toBuild: 1 });
  const counted: Fact = { fact: 'done', server: null, phase: 'configure', learned: { counts: { flavor: 1 }, adopted: 1 } };
  expect(await look(new Map(), asked, counted)).toMatchObject({ built: 0, adopted: 1, toBuild: 1 });
  const back: Fact[] = [
    { fact: 'asked', wish: 'rollback' },
    { fact: 'rests', state: 'rolled back' },
  ];
  expect(await look(new Map(), asked, configured, ...back)).toMatchObject({ built: 0, adopted: 0 });
});

test('after a rollback no server is shown as failed, and a cancel says that what was built stays', async () => {
  const look = async (...facts: Fact[]) => statusOf(await aCampaign([start, configured, ...facts]), new Progress(), new Map());
  const problem = { code: 'E_QUOTA' as const, says: 'No.', hint: 'More.' };
  const met: Fact[] = [
    { fact: 'begun', server: 's1', phase: 'look' },
    { fact: 'problem', server: 's1', phase: 'look', problem },
    { fact: 'failed', server: 's1', problem },
    { fact: 'rolled back', server: 's1' },
  ];
  const failed = await look(...met, { fact: 'rests', state: 'failed', problem });
  expect(failed.moves[0]).toMatchObject({ state: 'failed', problem });
  const back = await look(...met, { fact: 'asked', wish: 'rollback' }, { fact: 'rests', state: 'rolled back' });
  expect(back.moves[0]).toMatchObject({ state: 'rolled back', problem: null });
  const cancelled = await look(...moved('s1'), { fact: 'asked', wish: 'cancel' });
  expect(cancelled.says).toContain('what has moved, and the network side, stays at the destination');
});

test('the servers of an export are frozen, and not moved', async () => {
  const state = await aFolder();
  const document = aTenant(1);
  const made = await Campaign.create(state, aPlan(document, { to: 'bundle' }), document);
  onTestFinished(() => made.journal.close());
  for (const fact of moved('s1').filter((one) => 'phase' in one && ['look', 'stop', 'freeze'].includes(one.phase)))
    await made.journal.append(fact);
  const status = statusOf(made, new Progress(), new Map());
  expect(status.moves[0]?.state).toBe('frozen');
  expect(status.says).toContain('1 of 1 servers frozen');
});

test('a campaign is read back as it was made; a folder that never started is none, a damaged one says so', async () => {
  const state = await aFolder();
  const document = aTenant(1);
  const made = await Campaign.create(state, aPlan(document), document);
  await made.journal.close();
  const again = await Campaign.open(state, made.id);
  expect(again).toMatchObject({ id: made.id, plan: made.plan, document: made.document });
  await again?.journal.close();
  expect(await Campaign.open(state, 'nothing')).toBeNull();
  await writeFile(join(state, 'campaigns', 'a-stray-file'), '');
  expect(await Campaign.open(state, 'a-stray-file')).toBeNull();
  await mkdir(join(state, 'campaigns', 'lost+found'));
  expect(await Campaign.open(state, 'lost+found')).toBeNull();
  const file = join(made.folder, 'configurations.json');
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 40));
  expect((await problemOf(Campaign.open(state, made.id))).code).toBe('E_STATE_DAMAGED');
});

const round = (number: number, bytes: number): Fact => ({
  fact: 'round',
  server: 's1',
  round: number,
  size: 3 * MiB,
  blocks: bytes / MiB,
  bytes,
  snapshot_ms: 100,
  copy_ms: 400,
});
const beforeCutover: Fact[] = [
  ...['look', 'precopy'].flatMap((phase): Fact[] => [{ fact: 'begun', server: 's1', phase }]),
  round(1, 3 * MiB),
  round(2, MiB),
];

test('a server that is copied while it runs shows its rounds and a forecast, and, once it only waits, how to cut it over', async () => {
  const look = async (...facts: Fact[]) => statusOf(await aCampaign([start, configured, ...facts]), new Progress(), new Map());
  const copying = await look(...beforeCutover);
  expect(copying.moves[0]?.warm).toMatchObject({
    waits: false,
    asked: false,
    cutover: 'now',
    rounds: [{ round: 1 }, { round: 2 }],
  });
  expect(copying.moves[0]?.warm?.forecast?.phases).toMatchObject({ freeze: 100 });
  expect(() => toCutOver(copying, [])).toThrow(expect.objectContaining({ code: 'E_CAMPAIGN_STATE' }));
  expect(toCutOver(copying, ['web 1'])).toEqual(['s1']);
  expect(() => toCutOver(copying, ['web 2'])).toThrow(expect.objectContaining({ code: 'E_CAMPAIGN_STATE' }));
  expect(() => toCutOver(copying, ['db'])).toThrow(expect.objectContaining({ code: 'E_NOT_FOUND' }));
  const waiting = await look(...beforeCutover, { fact: 'begun', server: 's1', phase: 'await cutover' });
  expect(waiting.says).toContain('web 1 waits for the cutover (now); `sender cutover` stops and moves it now.');
  expect(toCutOver(waiting, [])).toEqual(['s1']);
  const halted = await look(...beforeCutover, { fact: 'rests', state: 'failed' });
  expect(halted.says).toContain('the others are at the source as they were');
});

test('a report of a warm move has its rounds, counts their bytes, and keeps the forecast beside what was measured', async () => {
  const forecast = { downtimeMs: 9_000, phases: { stop: 9_000 }, deltaBytes: MiB, assumed: [] };
  const whole = moved('s1', itinerary).map((fact) =>
    fact.fact === 'done' && fact.phase === 'await cutover' ? { ...fact, learned: { forecast } } : fact,
  );
  const report = reportOf(await aCampaign([start, ...whole.slice(0, 3), round(1, 3 * MiB), ...whole.slice(3)]), 'ready');
  expect(report.moves[0]).toMatchObject({ forecast, downtimeMs: 15_000, rounds: [{ round: 1, bytes: 3 * MiB }] });
  expect(report.totals.sentBytes).toBe(4 * MiB);
  expect(reportText(report).join('\n')).toMatch(/DOWNTIME +FORECAST(.|\n)*15\.0 s +9\.0 s(.|\n)*ROUND +ENDED/);
  expect(reportPage(report)).toContain('Rounds before the cutover');
});

test('a problem is overcome when the same phase of its server was done before anything was taken back', async () => {
  const problem = { code: 'E_CLOUD' as const, says: 'No.', hint: 'Later.' };
  const failing: Fact = { fact: 'problem', server: 's1', phase: 'copy', problem };
  const overcomeIn = async (...facts: Fact[]) =>
    reportOf(await aCampaign([start, ...facts]), 'failed').problems.map(({ overcome }) => overcome);
  const done: Fact = { fact: 'done', server: 's1', phase: 'copy' };
  expect(await overcomeIn(failing, failing, done)).toEqual([true, true]);
  expect(await overcomeIn(failing, { fact: 'done', server: 's2', phase: 'copy' })).toEqual([false]);
  expect(await overcomeIn(failing, { fact: 'turned back', server: 's1' }, done)).toEqual([false]);
  expect(await overcomeIn(failing, { fact: 'rests', state: 'failed', problem }, done)).toEqual([false]);
});
