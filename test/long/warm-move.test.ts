import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import type { Report } from '../../sender/report/model.ts';
import { ask, cli } from '../support/daemons.ts';
import { campaignOf, openSite, ownerOf, planWhole, type Site, trouble, until } from '../support/site.ts';
import { warm } from '../support/warm.ts';

const MiB = 1024 * 1024;
/** What a guest writes over and over. */
const span = MiB;

interface Listed {
  readonly id: string;
  readonly name: string;
}

let site: Site;
let campaign: string;
beforeAll(async () => {
  const bytes = randomBytes(24 * MiB);
  // Whole sectors, as disks are: a name may be longer in bytes than in letters.
  const head = (name: string) => Buffer.concat([Buffer.from(name), Buffer.alloc(4096)]).subarray(0, 4096);
  site = await openSite({ diskOf: (name) => Buffer.concat([head(name), bytes]) });
  await trouble(site.source, [{ do: 'guest-writes', bytes: 4096, span }]);
}, 120_000);
afterAll(() => site.endings.run());

/** SHA-256 of a server's disk in a cloud, by the server's name. */
async function disksIn(cloud: Site['source']): Promise<Record<string, string>> {
  const servers = await (await ownerOf(cloud)).list<Listed>('compute', '/servers', 'servers');
  const disks = servers.map(async ({ id, name }) => {
    const bytes = await readFile(join(cloud.stateDir, 'disks', id));
    return [name, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(disks));
}

async function snapshotsLeft(): Promise<number> {
  const images = await (await ownerOf(site.source)).list<Listed>('image', '/images?image_type=snapshot', 'images');
  return images.length;
}

async function watch(seen: (status: CampaignStatus) => boolean): Promise<CampaignStatus> {
  for (const limit = Date.now() + 90_000; Date.now() < limit; await sleep(200)) {
    const status = await campaignOf(site, campaign);
    if (status?.problem) throw new Error(JSON.stringify(status.problem));
    if (status !== undefined && seen(status)) return status;
  }
  throw new Error('What was waited for did not come.');
}

test('servers that write all the while are copied in rounds, wait for the operator, and are refreshed meanwhile', async () => {
  const file = await planWhole(site);
  const edit = warm('manual', { round_threshold_mib: 4, round_interval_seconds: 1 });
  await writeFile(file, edit(await readFile(file, 'utf8')));
  ({ campaign } = await ask<{ campaign: string }>(site.sender.config, ['migrate', file]));
  const { moves } = await watch((status) => status.moves.every(({ warm: move }) => move?.waits && move.rounds.length >= 3));
  // What both disks hold crosses once.
  const first = moves.map((move) => move.warm?.rounds[0]?.bytes ?? 0);
  expect(Math.max(...first)).toBeGreaterThan(20 * MiB);
  for (const move of moves) {
    const bytes = move.warm?.rounds.map((round) => round.bytes) ?? [];
    expect(Math.max(...bytes.slice(1))).toBeLessThanOrEqual(4 * MiB);
    expect(move.warm?.forecast?.assumed).toContain('stop');
  }
  const { stdout } = await cli(site.sender.config, ['status', campaign]);
  expect(stdout).toMatch(/web 1: round \d+ brought .*waits for its cutover \(manual\); forecast of its downtime: /);
}, 120_000);

test('the operator cuts one over, and the forecast of the other learns from it', async () => {
  await ask(site.sender.config, ['cutover', campaign, 'web 1']);
  const { moves } = await watch((status) => status.moves.some(({ name, state }) => name === 'web 1' && state === 'moved'));
  const other = moves.find(({ name }) => name !== 'web 1');
  expect(other?.warm?.waits).toBe(true);
  expect(other?.warm?.forecast?.assumed).toEqual([]);
  const again = await cli(site.sender.config, ['cutover', campaign, 'web 1', '--json']);
  expect(again).toMatchObject({ code: 40, stdout: expect.stringContaining('E_CAMPAIGN_STATE') });
}, 120_000);

test('what a server wrote until it was stopped is at the destination, byte for byte, and the last copy brought little', async () => {
  await ask(site.sender.config, ['cutover', campaign]);
  await until(site, campaign, 'ready');
  const atSource = await disksIn(site.source);
  expect(await disksIn(site.destination)).toEqual(atSource);
  expect(Object.values(atSource).filter((digest) => site.disks.includes(digest))).toEqual([]);
  const report = await ask<Report>(site.sender.config, ['report', campaign]);
  for (const { disks, forecast, rounds, downtimeMs } of report.moves) {
    expect(disks[0]?.sentBytes).toBeGreaterThan(0);
    expect(disks[0]?.sentBytes).toBeLessThanOrEqual(4 * MiB);
    expect(forecast?.downtimeMs).toBeGreaterThan(0);
    expect(downtimeMs).toBeGreaterThan(0);
    expect(rounds.length).toBeGreaterThanOrEqual(3);
  }
  expect(await snapshotsLeft(), 'only those of the stopped servers').toBe(2);
}, 120_000);
