import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { receiverClient } from '../../receiver/control/client.ts';
import { Mappings } from '../../shared/model/mappings.ts';
import { ask, cli, type Daemon, startDaemon, writeReceiverConfig, writeSenderConfig } from '../support/daemons.ts';
import { Endings } from '../support/endings.ts';
import { type Cloud, openCloudAt } from '../support/in-process.ts';
import { aDisk, censusOf, makeShop, sha256 } from '../support/shop.ts';

let endings: Endings;
let destination: Cloud;
let receiver: Daemon;
let bundle: string;
let campaign: string;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'godwit-killed-'));
  endings = new Endings();
  endings.add('the folder', () => rm(dir, { recursive: true, force: true }));
  await makeShop(dir);
  const source = await openCloudAt(join(dir, 'source'));
  destination = await openCloudAt(join(dir, 'destination'));
  endings.add('the source', () => source.twin.stop());
  endings.add('the destination', () => destination.twin.stop());
  const access = ({ twin }: Cloud, name: string) => ({ name, authUrl: twin.authUrl, password: 'twin' });
  const sender = await startDaemon(await writeSenderConfig(dir, access(source, 'west')), endings);
  receiver = await startDaemon(await writeReceiverConfig(dir, access(destination, 'east')), endings);
  bundle = join(dir, 'shop.tar');
  ({ campaign } = await ask<{ campaign: string }>(sender.config, ['export', '--project', 'shop', '--to', bundle, '--yes']));
}, 60_000);
afterAll(() => endings?.run());

/** Lines of the ledger of the imported campaign. */
async function records(): Promise<number> {
  const ledger = join(receiver.config.state, 'campaigns', campaign, 'ledger.jsonl');
  return (await readFile(ledger, 'utf8').catch(() => '')).split('\n').length - 1;
}

test('a receiver that is killed with -9 while it imports goes on when the command is repeated, and the tenant is there once', async () => {
  for (const record of [1, 8, 15, 22, 29, 36]) {
    const importing = cli(receiver.config, ['import', bundle]);
    const ended = importing.then(() => true);
    while ((await records()) < record && !(await Promise.race([ended, sleep(3, false)])));
    await sleep(Math.random() * 40);
    await receiver.kill();
    const { code, stderr } = await importing;
    expect(code, 'a command whose daemon died has not succeeded').not.toBe(0);
    expect(stderr).toContain('E_DAEMON_DOWN');
    await receiver.start();
  }
  const { code, stdout, stderr } = await cli(receiver.config, ['import', bundle]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('All 2 servers are here.');
  const { ids, statuses, images } = await censusOf(destination);
  expect(statuses).toEqual(['ACTIVE', 'ACTIVE']);
  expect(Object.values(images).sort()).toEqual([sha256(aDisk('web 1')), sha256(aDisk('-web/é'))].sort());
  expect([ids['keypairs'], ids['servers'], ids['floatingips']].map((some) => some?.length)).toEqual([1, 2, 1]);
  const { ledger } = await ask<{ ledger: { ref: string; state: string }[] }>(receiver.config, ['ledger', campaign]);
  expect(ledger.filter(({ state }) => state !== 'built')).toEqual([]);
}, 180_000);

test('a command that is repeated takes over from one that still runs, even where that waits for bytes that never come', async () => {
  const stalled = new PassThrough();
  stalled.write((await readFile(bundle)).subarray(0, 300_000));
  const begun = Promise.withResolvers<void>();
  const first = (async () => {
    const news = receiverClient(receiver.config.control).import(
      { mappings: Mappings.parse({}) },
      stalled,
      AbortSignal.timeout(60_000),
    );
    for await (const { says } of news) if (says.includes('network side')) begun.resolve();
  })().catch((error: unknown) => error);
  await begun.promise;
  const { code, stderr } = await cli(receiver.config, ['import', bundle]);
  expect(code, stderr).toBe(0);
  expect(await first).toMatchObject({ code: 'E_CANCELLED', message: expect.stringContaining('another command') });
  expect((await censusOf(destination)).statuses).toEqual(['ACTIVE', 'ACTIVE']);
}, 60_000);
