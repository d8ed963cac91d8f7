import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import type { SenderStatus } from '../../sender/control/commands/status.ts';
import type { Fact } from '../../sender/migration/fact.ts';
import type { Report } from '../../sender/report/model.ts';
import type { Dated } from '../../shared/journal.ts';
import { ask, cli } from '../support/daemons.ts';
import type { OpenStackUser } from '../support/openstack-user.ts';
import { campaignOf, flawsOfMove, openSite, ownerOf, planWhole, type Site, takeBack, trouble, until } from '../support/site.ts';
import { warm } from '../support/warm.ts';

const MiB = 1024 * 1024;
const inAMonth = new Date(Date.now() + 30 * 24 * 3600_000).toISOString().slice(0, 10);

let site: Site;
beforeAll(async () => {
  site = await openSite({ diskOf: (name) => Buffer.alloc(2 * MiB, `${name} `) });
}, 120_000);
afterAll(() => site.endings.run());
afterEach(async () => {
  // What one test left behind would stand in the way of every later one.
  for (const cloud of [site.source, site.destination]) await trouble(cloud, []);
  const { campaigns } = await ask<SenderStatus>(site.sender.config, ['status']);
  for (const { id, state } of campaigns) if (state !== 'rolled back') await takeBack(site, id);
});

/** Writes a plan of everything, with more lines at its end. */
async function planWith(text: string, edit: (plan: string) => string = (plan) => plan): Promise<string> {
  const file = await planWhole(site);
  await writeFile(file, edit(await readFile(file, 'utf8')));
  await appendFile(file, text);
  return file;
}

async function start(file: string): Promise<string> {
  return (await ask<{ campaign: string }>(site.sender.config, ['migrate', file])).campaign;
}

async function journalOf(campaign: string): Promise<Dated<Fact>[]> {
  return ask<Dated<Fact>[]>(site.sender.config, ['log', campaign]);
}

/** Waits until a campaign shows what is wanted of it, whatever state it is in. */
async function seen(campaign: string, wanted: (status: CampaignStatus) => boolean): Promise<CampaignStatus> {
  for (const limit = performance.now() + 60_000; performance.now() < limit; await sleep(100)) {
    const status = await campaignOf(site, campaign);
    if (status !== undefined && wanted(status)) return status;
  }
  throw new Error('What was waited for did not come.');
}

async function statuses(): Promise<string[]> {
  const servers = await (await ownerOf(site.source)).list<{ status: string }>('compute', '/servers/detail', 'servers');
  return servers.map(({ status }) => status);
}

/** When every stop was begun. */
const stopsIn = (facts: readonly Dated<Fact>[]): number[] =>
  facts.flatMap((fact) => (fact.fact === 'begun' && fact.phase === 'stop' ? [Date.parse(fact.at)] : []));

/** Waits until both servers are moved, each stopped once and not before a time; then rolls back. */
async function expectMovedAfter(ms: number, campaign: string): Promise<void> {
  await until(site, campaign, 'ready');
  const stops = stopsIn(await journalOf(campaign));
  expect(stops).toHaveLength(2);
  expect(Math.min(...stops)).toBeGreaterThanOrEqual(ms);
  expect(await flawsOfMove(site)).toEqual([]);
  expect(await takeBack(site, campaign)).toEqual([]);
}

test('a server is not stopped in a blackout, also when the sender is killed while it waits, and once after it', async () => {
  const file = await planWith('');
  const endMs = Math.ceil(Date.now() / 1000 + 30) * 1000;
  const end = new Date(endMs).toISOString().replace('.000Z', 'Z');
  const blackout = `{ from: 2020-01-01, to: ${end}, reason: closing of the books }`;
  await appendFile(file, `calendar:\n  zone: Europe/Berlin\n  blackout:\n    - ${blackout}\n`);
  const campaign = await start(file);
  const before = await seen(campaign, ({ moves }) => moves.some(({ window }) => window !== null));
  expect(before.says).toContain('waits for the end of the blackout (closing of the books); opens at 20');
  expect(before.moves.find(({ window }) => window)?.window?.opensAt).toBe(new Date(endMs).toISOString());
  await site.sender.kill();
  await site.sender.start();
  const again = await seen(campaign, ({ moves }) => moves.some(({ window }) => window !== null));
  expect(again.moves.filter(({ window }) => window).map(({ name }) => name)).toEqual(
    before.moves.filter(({ window }) => window).map(({ name }) => name),
  );
  expect(stopsIn(await journalOf(campaign))).toEqual([]);
  expect(await statuses()).toEqual(['ACTIVE', 'ACTIVE']);
  const { stdout } = await cli(site.sender.config, ['status']);
  expect(stdout).toMatch(/web.* waits for the end of the blackout \(closing of the books\); opens at .* Europe\/Berlin/);

  await expectMovedAfter(endMs, campaign);
}, 120_000);

test('an operator who cannot wait for a window cuts a server over before it, and the others go on waiting', async () => {
  const campaign = await start(await planWith(`calendar:\n  blackout:\n    - { from: 2020-01-01, to: ${inAMonth} }\n`));
  const { moves } = await seen(campaign, (status) => status.moves.some(({ window }) => window !== null));
  const [first] = moves.filter(({ window }) => window !== null);
  await ask(site.sender.config, ['cutover', campaign, first?.server ?? '']);
  await seen(campaign, (status) => status.moves.some(({ server, state }) => server === first?.server && state === 'moved'));
  const rest = await seen(campaign, (status) => status.moves.some(({ window }) => window !== null));
  expect(rest.moves.filter(({ state }) => state === 'moved')).toHaveLength(1);
  expect((await statuses()).sort()).toEqual(['ACTIVE', 'SHUTOFF']);
  await ask(site.sender.config, ['pause', campaign]);
  expect(await takeBack(site, campaign)).toEqual([]);
}, 120_000);

test('a server that would not be up again before a window ends is not stopped in it, and is in the next', async () => {
  // What earlier campaigns took is forgotten with them.
  await ask(site.sender.config, ['prune']);
  const fromMs = Date.now() + 60_000;
  const endMs = Math.ceil(Date.now() / 1000 + 70) * 1000;
  const at = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const campaign = await start(await planWith(`calendar:\n  blackout:\n    - { from: ${at(fromMs)}, to: ${at(endMs)} }\n`));
  const { moves } = await seen(campaign, (status) => status.moves.some(({ window }) => window !== null));
  const [held] = moves.flatMap(({ window }) => window ?? []);
  expect(Date.now()).toBeLessThan(fromMs);
  // Nothing was moved from here yet: some minutes are assumed.
  expect(held?.says).toContain('waits for the next window, for this one is too short; opens at 20');
  expect(held?.opensAt).toBe(new Date(endMs).toISOString());
  expect(await statuses()).toEqual(['ACTIVE', 'ACTIVE']);
  await expectMovedAfter(endMs, campaign);
}, 180_000);

test('a server that fits into no window is told of when its campaign begins, waits, and goes when the operator says so', async () => {
  // What earlier campaigns took is forgotten with them.
  await ask(site.sender.config, ['prune']);
  const hour = String((new Date().getUTCHours() + 6) % 24).padStart(2, '0');
  const file = await planWith(`calendar:\n  windows:\n    - { from: "${hour}:00", to: "${hour}:01" }\n`);
  const { stdout, stderr } = await cli(site.sender.config, ['migrate', file]);
  expect(stderr).toContain('calendar.too_short');
  expect(stderr).toMatch(/would be down for about \d min \(assumed: nothing was moved from here before\)/);
  const campaign = /Campaign (\S+) has started/.exec(stdout)?.[1] ?? '';
  const { says, moves } = await seen(campaign, (status) => status.moves.some(({ window }) => window !== null));
  expect(says).toMatch(/waits for a window of \d min, which its downtime would take; none of two weeks is that long/);
  expect(moves.flatMap(({ window }) => window ?? [])[0]?.opensAt).toBeNull();
  await ask(site.sender.config, [
    'cutover',
    campaign,
    ...moves.flatMap(({ server, window }) => (window === null ? [] : [server])),
  ]);
  const rest = await seen(campaign, (status) => status.moves.some(({ state }) => state === 'moved'));
  const [other] = rest.moves.filter(({ state }) => state !== 'moved');
  // By now it is known how long a server takes here: seconds.
  const next = await seen(campaign, (status) => status.moves.some(({ window }) => window !== null));
  expect(next.says).toContain('waits for the window; opens at 20');
  await ask(site.sender.config, ['cutover', campaign, other?.server ?? '']);
  await until(site, campaign, 'ready');
  expect(await flawsOfMove(site)).toEqual([]);
  expect(await takeBack(site, campaign)).toEqual([]);
}, 120_000);

test('a calendar that never opens is refused before anything is written', async () => {
  const file = await planWith('calendar:\n  blackout:\n    - { from: 2020-01-01, to: 2099-12-31 }\n');
  const { code, stderr } = await cli(site.sender.config, ['migrate', file]);
  expect(code).toBe(40);
  expect(stderr).toContain('calendar.never');
}, 60_000);

test('a sender that is killed after a pause lets the server that is down arrive, begins no other, and rests', async () => {
  await trouble(site.destination, [{ do: 'delay', ms: 4_000, match: { service: 'image', method: 'PUT' }, times: 2 }]);
  const campaign = await start(await planWith(''));
  await seen(campaign, ({ moves }) => moves.some(({ phase }) => phase === 'import'));
  await ask(site.sender.config, ['pause', campaign]);
  await site.sender.kill();
  await site.sender.start();
  await seen(campaign, ({ moves }) => moves.some(({ state }) => state === 'moved'));
  await seen(campaign, ({ endedAt, state }) => state === 'paused' && endedAt !== null);
  expect((await statuses()).sort()).toEqual(['ACTIVE', 'SHUTOFF']);
  expect(stopsIn(await journalOf(campaign))).toHaveLength(1);
  await trouble(site.destination, []);
  await ask(site.sender.config, ['resume', campaign]);
  await until(site, campaign, 'ready');
  expect(await flawsOfMove(site)).toEqual([]);
  expect(await takeBack(site, campaign)).toEqual([]);
}, 120_000);

/** Starts or stops the only server of the destination. */
async function changeMoved(owner: OpenStackUser, action: 'os-start' | 'os-stop', status: string): Promise<void> {
  const [server] = await owner.list<{ id: string }>('compute', '/servers', 'servers');
  await owner.send('POST', 'compute', `/servers/${server?.id}/action`, { [action]: null });
  await owner.until(`The moved server becoming ${status}`, async () => {
    const [now] = await owner.list<{ status: string }>('compute', '/servers/detail', 'servers');
    return now?.status === status ? true : undefined;
  });
}

test('the second half of a farm is not begun before the first is healthy, and is once it is mended', async () => {
  await trouble(site.destination, [{ do: 'delay', ms: 4_000, match: { service: 'image', method: 'PUT' }, times: 1 }]);
  const rolling = (plan: string): string =>
    plan
      .replace('  - name: wave-1\n', '  - name: farm\n    rolling: true\n')
      .replace(/probe_timeout_seconds: \d+/, 'probe_timeout_seconds: 2');
  const { stderr, stdout } = await cli(site.sender.config, ['migrate', await planWith('', rolling)]);
  expect(stderr).toContain('rolling.no_probe');
  const campaign = /Campaign (\S+) has started/.exec(stdout)?.[1] ?? '';
  await seen(campaign, ({ moves }) => moves.some(({ phase }) => phase === 'import'));
  await ask(site.sender.config, ['pause', campaign]);
  await seen(campaign, ({ endedAt, state }) => state === 'paused' && endedAt !== null);
  const owner = await ownerOf(site.destination);
  await changeMoved(owner, 'os-stop', 'SHUTOFF');
  await ask(site.sender.config, ['resume', campaign]);
  const failed = await seen(campaign, ({ state }) => state === 'failed');
  expect(failed.problem).toMatchObject({
    code: 'E_UNHEALTHY',
    says: expect.stringMatching(/^The second half of farm is not begun: server /),
  });
  expect(failed.moves.map(({ state }) => state).sort()).toEqual(['moved', 'waiting']);
  expect((await statuses()).sort()).toEqual(['ACTIVE', 'SHUTOFF']);

  await changeMoved(owner, 'os-start', 'ACTIVE');
  await ask(site.sender.config, ['resume', campaign]);
  await until(site, campaign, 'ready');
  expect(await flawsOfMove(site)).toEqual([]);
  expect(await takeBack(site, campaign)).toEqual([]);
}, 120_000);

const longOver = 'calendar:\n  blackout:\n    - { from: 2020-01-01, to: 2020-01-02 }\n';

/**
 * Adds a blackout to the calendar of a campaign whose sender is stopped, as if it had begun
 * meanwhile.
 */
async function closeFor(campaign: string, to: string): Promise<void> {
  const plan = join(site.sender.config.state, 'campaigns', campaign, 'plan.yaml');
  await writeFile(plan, (await readFile(plan, 'utf8')).replace('to: 2020-01-02', `to: ${to}`));
}

test('a server that is down when its sender is killed arrives whatever the calendar says; one that still runs waits', async () => {
  await trouble(site.destination, [{ do: 'delay', ms: 4_000, match: { service: 'image', method: 'PUT' }, times: 2 }]);
  const campaign = await start(await planWith(longOver));
  await seen(campaign, ({ moves }) => moves.some(({ phase }) => phase === 'import'));
  await site.sender.kill();
  await closeFor(campaign, inAMonth);
  await site.sender.start();
  const status = await seen(campaign, ({ moves }) => moves.some(({ window }) => window !== null));
  expect(status.moves.map(({ state }) => state).sort()).toEqual(['moved', 'moving']);
  expect((await statuses()).sort()).toEqual(['ACTIVE', 'SHUTOFF']);
  await trouble(site.destination, []);
  await ask(site.sender.config, ['pause', campaign]);
  expect(await takeBack(site, campaign)).toEqual([]);
}, 120_000);

test('a stop that was begun and not heard of before the sender was killed is begun again only when the calendar lets it', async () => {
  await trouble(site.source, [{ do: 'stop-ignored' }]);
  const campaign = await start(await planWith(longOver));
  await seen(campaign, ({ moves }) => moves.some(({ phase }) => phase === 'stop'));
  await site.sender.kill();
  await trouble(site.source, []);
  const endMs = Math.ceil(Date.now() / 1000 + 10) * 1000;
  await closeFor(campaign, new Date(endMs).toISOString().replace('.000Z', 'Z'));
  await site.sender.start();
  await seen(campaign, ({ moves }) => moves.some(({ window }) => window !== null));
  expect(await statuses()).toEqual(['ACTIVE', 'ACTIVE']);
  await until(site, campaign, 'ready');
  const [vain, ...stops] = stopsIn(await journalOf(campaign));
  expect(vain).toBeLessThan(endMs);
  expect(Math.min(...stops)).toBeGreaterThanOrEqual(endMs);
  const { moves } = await ask<Report>(site.sender.config, ['report', campaign]);
  // The time in which the server ran on is no downtime.
  for (const { downtimeMs } of moves) expect(downtimeMs).toBeLessThan(Date.now() - endMs);
  expect(await flawsOfMove(site)).toEqual([]);
  expect(await takeBack(site, campaign)).toEqual([]);
}, 120_000);

const inTwoWaves = (plan: string): string =>
  plan.replace(/\n( {6}- id: [^\n]+\n(?: {8}[^\n]+\n)*)( {6}- id: )/, '\n$1  - name: wave-2\n    servers:\n$2');
const pausing = (plan: string): string => plan.replace(/delay_seconds: \d+/, 'delay_seconds: 4');

test.each([
  ['from wave to wave', (plan: string) => pausing(inTwoWaves(plan))],
  [
    'between the cutovers of servers that were copied while they ran',
    (plan: string) =>
      warm('manual')(pausing(plan)).replace(
        'cutover: manual',
        `cutover: at ${new Date(Date.now() + 15_000).toISOString().slice(0, 19)}Z`,
      ),
  ],
])(
  'the pause between servers holds %s',
  async (_, edit) => {
    const campaign = await start(await planWith('', edit));
    await until(site, campaign, 'ready');
    const facts = await journalOf(campaign);
    const [first, second] = stopsIn(facts);
    const ends = facts.flatMap((fact) => (fact.fact === 'done' && fact.phase === 'mark' ? [Date.parse(fact.at)] : []));
    expect(first).toBeLessThan(ends[0] ?? 0);
    expect(second).toBeGreaterThanOrEqual((ends[0] ?? Number.POSITIVE_INFINITY) + 4_000);
    expect(await flawsOfMove(site)).toEqual([]);
    expect(await takeBack(site, campaign)).toEqual([]);
  },
  120_000,
);
