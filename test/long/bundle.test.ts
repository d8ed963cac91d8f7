import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, cli, type Daemon, startDaemon, writeReceiverConfig, writeSenderConfig } from '../support/daemons.ts';
import { Endings } from '../support/endings.ts';
import { type Cloud, openCloudAt } from '../support/in-process.ts';
import { aDisk, type Census, censusOf, makeShop, operatorAt, sha256 } from '../support/shop.ts';
import { refusedBy } from '../support/two-clouds.ts';

let dir: string;
let endings: Endings;
let source: Cloud;
let destination: Cloud;
let before: Census;
let sender: Daemon;
let receiver: Daemon;
/** The bundle's file, and its campaign. */
let bundle: string;
let campaign: string;

// Two daemons that were never paired and never hear of each other.
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'godwit-carried-'));
  endings = new Endings();
  endings.add('the folder', () => rm(dir, { recursive: true, force: true }));
  await makeShop(dir);
  source = await openCloudAt(join(dir, 'source'));
  destination = await openCloudAt(join(dir, 'destination'));
  endings.add('the source', () => source.twin.stop());
  endings.add('the destination', () => destination.twin.stop());
  before = await censusOf(destination);
  const access = ({ twin }: Cloud, name: string) => ({ name, authUrl: twin.authUrl, password: 'twin' });
  sender = await startDaemon(await writeSenderConfig(dir, access(source, 'west')), endings);
  receiver = await startDaemon(await writeReceiverConfig(dir, access(destination, 'east')), endings);
  bundle = join(dir, 'shop.tar');
});
afterAll(() => endings?.run());

test('a project is exported without a receiver: stopped, frozen, written; and never over another file', async () => {
  // What hardware the guest has is then told by the snapshot of its frozen disk alone.
  const servers = await source.user.list<{ name: string; image: { id: string } }>('compute', '/servers/detail', 'servers');
  const operator = await operatorAt(source);
  await operator.send('DELETE', 'image', `/images/${servers.find(({ name }) => name === 'web 1')?.image.id}`);
  const exported = await ask<{ campaign: string; bytes: number }>(sender.config, [
    'export',
    '--project',
    'shop',
    '--to',
    bundle,
    '--yes',
  ]);
  ({ campaign } = exported);
  expect(exported.bytes % 10_240).toBe(0);
  expect((await censusOf(source)).statuses).toEqual(['SHUTOFF', 'SHUTOFF']);
  const again = ['export', '--campaign', campaign.slice(0, 8), '--to', bundle];
  expect(await refusedBy(sender, again)).toMatchObject({ code: 'E_USAGE', exit: 2 });
  expect((await cli(sender.config, ['export', '--campaign', campaign, '--to', '-'])).stdout.length).toBeGreaterThan(10_000);
});

test('a bundle whose needs the destination does not meet is refused before any write', async () => {
  const { faults, requests } = destination.twin;
  const writes = (): number => requests.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/identity')).length;
  const seen = writes();
  faults.set([{ do: 'quota', service: 'compute', set: { instances: 0 } }]);
  expect(await refusedBy(receiver, ['import', bundle])).toMatchObject({ code: 'E_BLOCKED', exit: 40 });
  faults.set([{ do: 'quota', service: 'compute', set: { instances: 10 } }]);
  expect(writes()).toBe(seen);
});

test('a check reads the whole bundle, says what would be created and what is in the way, and writes nothing', async () => {
  const { faults, requests } = destination.twin;
  const writes = (): number => requests.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/identity')).length;
  const seen = writes();
  const checked = await cli(receiver.config, ['import', '--check', bundle]);
  expect(checked.code, checked.stderr).toBe(0);
  expect(checked.stdout).toMatch(/It would create .*1 network.*2 server/);
  expect(checked.stdout.match(/is whole: 17 blocks/g)).toHaveLength(2);
  expect(checked.stdout).toContain('Nothing was written.');
  faults.set([{ do: 'quota', service: 'compute', set: { instances: 0 } }]);
  const blocked = await cli(receiver.config, ['import', '--check', bundle]);
  faults.set([{ do: 'quota', service: 'compute', set: { instances: 10 } }]);
  expect(blocked).toMatchObject({ code: 40, stdout: expect.stringContaining('blocking: quota.instances') });
  expect(blocked.stdout).toContain('The bundle is whole.');
  const spoilt = await readFile(bundle);
  // Deep in the bytes of the last page, which is packed.
  const at = spoilt.lastIndexOf('seal.json') - 600;
  spoilt.writeUInt8(spoilt.readUInt8(at) ^ 1, at);
  expect((await cli(receiver.config, ['import', '--check', '-'], spoilt)).code).toBe(30);
  expect(writes()).toBe(seen);
  expect(await readdir(join(receiver.config.state, 'campaigns')).catch(() => [])).toEqual([]);
});

test('a bundle that was cut off builds no half server', async () => {
  const half = join(dir, 'half.tar');
  await writeFile(half, await readFile(bundle));
  await truncate(half, 30_000);
  expect(await refusedBy(receiver, ['import', half])).toMatchObject({ code: 'E_BUNDLE', exit: 30 });
  expect((await censusOf(destination)).statuses.length).toBeLessThan(2);
});

test('the whole bundle rebuilds the tenant, from a pipe too, and twice is once', async () => {
  const { code, stdout, stderr } = await cli(receiver.config, ['import', bundle]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('All 2 servers are here.');
  const there = await censusOf(destination);
  expect(there.statuses).toEqual(['ACTIVE', 'ACTIVE']);
  const images = await destination.user.list<{ name: string; hw_machine_type?: string }>('image', '/images', 'images');
  expect(images.find(({ name }) => name === 'web 1')?.hw_machine_type).toBe('pc');
  expect(Object.values(there.images).sort()).toEqual([sha256(aDisk('web 1')), sha256(aDisk('-web/é'))].sort());
  const checked = await cli(receiver.config, ['import', '--check', bundle]);
  expect(checked.code, checked.stderr).toBe(0);
  expect(checked.stdout).toContain('It was begun here: the campaign is completed');
  const bytes: Buffer[] = [];
  for await (const piece of createReadStream(bundle)) bytes.push(piece as Buffer);
  const piped = await cli(receiver.config, ['import', '-'], Buffer.concat(bytes));
  expect(piped.code, piped.stderr).toBe(0);
  expect((await censusOf(destination)).ids).toEqual(there.ids);
});

test('each side ends by itself: what was imported is taken back, and the source runs again', async () => {
  const { code } = await cli(receiver.config, ['rollback', campaign, '--yes']);
  expect(code).toBe(0);
  expect((await censusOf(destination)).ids).toEqual(before.ids);
  expect((await cli(sender.config, ['rollback', campaign, '--watch', '--yes'])).code).toBe(0);
  expect((await censusOf(source)).statuses).toEqual(['ACTIVE', 'ACTIVE']);
});
