import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { status } from '../../receiver/control/commands/status.ts';
import type { ReceiverContext } from '../../receiver/control/context.ts';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import { senderClient } from '../../sender/control/client.ts';
import { days } from '../../sender/model/calendar.ts';
import type { Plan } from '../../sender/model/plan.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { someCampaignSet } from '../support/campaign-set.ts';
import { directClient } from '../support/direct-client.ts';
import { aFolder } from '../support/folder.ts';
import { addServers } from '../support/many-servers.ts';
import { longestTurnOf, peakOf, watchFromNow } from '../support/measured.ts';
import { writePastCampaign } from '../support/past-campaign.ts';
import { aDisk } from '../support/shop.ts';
import { openSite, planWhole, type Site } from '../support/site.ts';
import { longestTurnMs, watchTurns } from '../support/turns.ts';
import { aPairedSite, someCampaigns } from '../unit/receiver/session/paired-site.ts';

const MiB = 1024 * 1024;
/** How many there are; `npm run test:scale` takes a hundred. */
const count = Number(process.env['GODWIT_CAMPAIGNS'] ?? 30);

let site: Site;
beforeAll(async () => {
  site = await openSite({ diskOf: aDisk, isMeasured: true });
}, 120_000);
afterAll(() => site?.endings.run());

/** Waits until campaigns stand so; throws the problem of one that failed. */
async function untilAll(is: (campaign: CampaignStatus) => boolean): Promise<void> {
  const client = senderClient(site.sender.config.control);
  for (;;) {
    const { campaigns } = await client.status();
    const failed = campaigns.find(({ state }) => state === 'failed');
    if (failed !== undefined) throw new Error(JSON.stringify(failed.problem));
    if (campaigns.filter(is).length === count) return;
    await sleep(2_000);
  }
}

test('many campaigns at once take less than 600 MiB of the sender, 400 of the receiver, and no long turn of that', async () => {
  const servers = await addServers(site, { count, dataMiB: 8, diskMiB: 64, arePlugged: false });
  const whole = parse(await readFile(await planWhole(site), 'utf8')) as Plan;
  const client = senderClient(site.sender.config.control);
  for (const daemon of [site.sender, site.receiver]) watchFromNow(daemon);
  // None is to be over before the last has begun: all wait for a window of which none comes today.
  const calendar = { windows: [{ days: [days[(new Date().getUTCDay() + 3) % days.length]] }] };
  await client.bandwidth({ limit: '100mbit' });
  await inParallel(servers, 4, async ({ id, name }) => {
    const waves = [{ name: 'wave-1', servers: [{ id, name }] }];
    const plan = { ...whole, source: { ...whole.source, whole: false }, calendar, waves };
    await client.migrate({ plan: stringify(plan), file: 'plan.yaml', options: {} });
  });
  await untilAll(({ moves }) => moves[0]?.window !== null);
  for (const { id: campaign } of (await client.status()).campaigns) await client.cutover({ campaign, servers: [] });
  await untilAll(({ state }) => state === 'ready');
  const told = {
    senderMiB: Math.round((await peakOf(site.sender)) / MiB),
    receiverMiB: Math.round((await peakOf(site.receiver)) / MiB),
    senderTurnMs: await longestTurnOf(site.sender),
    receiverTurnMs: await longestTurnOf(site.receiver),
  };
  console.log(`${count} campaigns at once: ${JSON.stringify(told)}`);
  // A hundred took 513 and 232.
  expect(told.senderMiB).toBeLessThan(600);
  expect(told.receiverMiB).toBeLessThan(400);
  // The sender's is only told: collections of garbage count, which buffers of pages make frequent.
  expect(told.receiverTurnMs).toBeLessThan(longestTurnMs);
}, 1_800_000);

test('ten thousand campaigns that are over are listed at once, and none of them is opened', async () => {
  const { state, sessions, receiver } = await aPairedSite();
  const ids = Array.from({ length: 10_000 }, () => randomUUID());
  const at = (count: number): string => new Date(Date.UTC(2026, 0, 1) + count * 60_000).toISOString();
  await mkdir(join(state, 'archive'), { recursive: true });
  await inParallel([...ids.entries()], 64, async ([count, id]) => {
    await mkdir(join(state, 'campaigns', id), { recursive: true });
    await writeFile(join(state, 'campaigns', id, 'ledger.jsonl'), 'what nobody reads');
    const ended = { format: 'godwit/ended', version: 1, state: 'committed', built: 7 };
    await writeFile(join(state, 'archive', `${at(count)}_${id}.json`), JSON.stringify(ended));
  });
  const campaigns = someCampaigns(state);
  const live = randomUUID();
  await (await campaigns.open(live)).ledger.reach('configured');
  const descriptors = (await readdir('/proc/self/fd')).length;
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns, peers: receiver.peers } as ReceiverContext;
  const begun = performance.now();
  const told = await directClient({ status }, context).status({});
  const tookMs = performance.now() - begun;
  console.log(`10,000 campaigns: ${tookMs.toFixed(0)} ms`);
  expect(tookMs).toBeLessThan(5_000);
  expect(told.endedCampaigns).toBe(10_000);
  expect(told.campaigns).toHaveLength(11);
  expect(told.campaigns[0]).toMatchObject({ id: live, state: 'configured' });
  expect(told.campaigns[1]).toMatchObject({ id: ids[9_999], state: 'committed', built: 7 });
  expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(descriptors);
});

test('three hundred campaigns of a hundred servers that are over cost a sender little time and memory', async () => {
  const state = await aFolder();
  for (let minute = 0; minute < 300; minute += 1) await writePastCampaign(state, 100, minute);
  const rss = (): number => process.memoryUsage().rss / MiB;
  const starts: { ms: number; MiB: number; turnMs: number }[] = [];
  for (const _ of ['the first, which notes them', 'the second']) {
    const before = rss();
    const begun = performance.now();
    const turns = watchTurns();
    const campaigns = await someCampaignSet(state);
    expect(campaigns.statuses()).toHaveLength(300);
    const ms = Math.round(performance.now() - begun);
    starts.push({ ms, MiB: Math.round(rss() - before), turnMs: Math.round(turns.stop()) });
    await campaigns.stop();
  }
  console.log(`300 campaigns that are over: ${JSON.stringify(starts)}`);
  expect(starts[1]?.ms).toBeLessThan(5_000);
  expect(starts[1]?.MiB).toBeLessThan(200);
});
