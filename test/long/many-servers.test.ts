import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { senderClient } from '../../sender/control/client.ts';
import type { Plan } from '../../sender/model/plan.ts';
import { ask } from '../support/daemons.ts';
import { addServers } from '../support/many-servers.ts';
import { longestTurnOf, peakOf, watchFromNow } from '../support/measured.ts';
import { aDisk } from '../support/shop.ts';
import { openSite, planWhole, type Site } from '../support/site.ts';
import { longestTurnMs } from '../support/turns.ts';

const MiB = 1024 * 1024;
/** How many there are; `npm run test:scale` takes a thousand. */
const count = Number(process.env['GODWIT_SERVERS'] ?? 60);

let site: Site;
beforeAll(async () => {
  site = await openSite({ diskOf: aDisk, isMeasured: true });
  await addServers(site, { count, dataMiB: 1, diskMiB: 4, userDataBytes: 16_384, arePlugged: true });
}, 1_800_000);
afterAll(() => site?.endings.run());

test('a campaign of many servers takes less than 600 MiB of each daemon, and no long turn of theirs', async () => {
  const file = await planWhole(site);
  const plan = parse(await readFile(file, 'utf8')) as Plan;
  await writeFile(file, stringify({ ...plan, options: { ...plan.options, parallel: 16 } }));
  for (const daemon of [site.sender, site.receiver]) watchFromNow(daemon);
  const begun = performance.now();
  const { campaign } = await ask<{ campaign: string }>(site.sender.config, ['migrate', file]);
  const client = senderClient(site.sender.config.control);
  for (let state = 'moving'; state === 'preparing' || state === 'moving'; await sleep(5_000)) {
    const now = (await client.status()).campaigns.find(({ id }) => id === campaign);
    state = now?.state ?? state;
    if (state === 'failed') throw new Error(JSON.stringify(now?.problem));
    if (state === 'ready') break;
  }
  const told = {
    seconds: Math.round((performance.now() - begun) / 1000),
    senderMiB: Math.round((await peakOf(site.sender)) / MiB),
    receiverMiB: Math.round((await peakOf(site.receiver)) / MiB),
    senderTurnMs: await longestTurnOf(site.sender),
    receiverTurnMs: await longestTurnOf(site.receiver),
  };
  console.log(`${count} servers in one campaign: ${JSON.stringify(told)}`);
  expect(told.senderMiB).toBeLessThan(600);
  expect(told.receiverMiB).toBeLessThan(600);
  expect(told.senderTurnMs).toBeLessThan(longestTurnMs);
  expect(told.receiverTurnMs).toBeLessThan(longestTurnMs);
}, 3_600_000);
