import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Snapshot } from '../../../shared/cloud/cloud.ts';
import { OpenStackRetirement } from '../../../shared/cloud/openstack/retirement.ts';
import { OpenStackSource } from '../../../shared/cloud/openstack/source.ts';
import type { Twin } from '../../../shared/cloud/openstack/twin/twin.ts';
import { accessTo, type Hand, populate } from '../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from './a-destination.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(15_000) });
const signal = () => AbortSignal.timeout(15_000);

let twin: Twin;
let hand: Hand;
let cloud: OpenStackSource;
let serverId: string;

beforeEach(async () => {
  twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  hand = await aHand(twin);
  cloud = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  serverId = (await cloud.inventory({ servers: [] }, signal())).document.servers[0]?.id ?? '';
});

const act = (verb: string, more: unknown = null) => hand.ask('POST', 'compute', `/servers/${serverId}/action`, { [verb]: more });
const state = async () => (await cloud.state(serverId, signal())).status;

async function until(status: string): Promise<void> {
  while ((await state()) !== status) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function frozen(): Promise<Snapshot> {
  await cloud.stop(serverId, patience());
  const { document } = await cloud.inventory({ servers: [serverId] }, signal());
  const [disk] = document.disks;
  if (disk === undefined) throw new Error('the server has no disk');
  return cloud.freeze({ kind: 'disk', ...disk }, { campaign: crypto.randomUUID(), attempt: 1 }, patience());
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'source-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('a capture says what stands in the way of a server that', () => {
  test.each([
    ['pause', 'PAUSED', 'blocking server.paused'],
    ['suspend', 'SUSPENDED', 'blocking server.suspended'],
    ['os-stop', 'SHUTOFF', 'warning server.shutoff'],
  ])('was told to %s', async (verb, status, code) => {
    await act(verb);
    await until(status);
    const { concerns } = await cloud.inventory({ servers: [] }, signal());
    expect(concerns.map((one) => `${one.severity} ${one.code}`)).toContain(code);
  });

  test('is locked; and it is not stopped', async () => {
    await act('lock');
    const admin = await aHand(twin, 'admin');
    await admin.ask('POST', 'compute', `/servers/${serverId}/action`, { lock: { locked_reason: 'ours' } });
    const { concerns } = await cloud.inventory({ servers: [] }, signal());
    expect(concerns).toContainEqual(expect.objectContaining({ code: 'server.locked', severity: 'blocking' }));
    await expect(cloud.stop(serverId, patience())).rejects.toMatchObject({ code: 'E_SERVER_STATE' });
    expect(await state()).toBe('ACTIVE');
  });

  test('is in ERROR; and it is not stopped', async () => {
    const admin = await aHand(twin, 'admin');
    await admin.ask('POST', 'compute', `/servers/${serverId}/action`, { 'os-resetState': { state: 'error' } });
    const { concerns } = await cloud.inventory({ servers: [] }, signal());
    expect(concerns).toContainEqual(expect.objectContaining({ code: 'server.error', severity: 'blocking' }));
    await expect(cloud.stop(serverId, patience())).rejects.toMatchObject({ code: 'E_SERVER_FAULT' });
  });

  test('has the same name as another', async () => {
    await populate(twin.authUrl);
    const inventory = cloud.inventory({ servers: ['web 1'] }, signal());
    await expect(inventory).rejects.toMatchObject({ code: 'E_NOT_FOUND', message: expect.stringContaining(serverId) });
    expect((await cloud.inventory({ servers: [serverId] }, signal())).document.servers).toHaveLength(1);
    expect((await cloud.inventory({ servers: [] }, signal())).document.servers).toHaveLength(2);
  });
});

describe('a project that is not the credentials’ own', () => {
  test('is read by an admin, and by nobody else', async () => {
    const admin = new OpenStackSource(await accessTo(twin.authUrl, 'admin'));
    onTestFinished(() => admin.close());
    const { document } = await admin.inventory({ project: 'demo', servers: [] }, signal());
    expect(document.source.project_name).toBe('demo');
    expect(document.servers.map((one) => one.id)).toEqual([serverId]);
    expect((await admin.inventory({ servers: [] }, signal())).document.servers).toEqual([]);
    await expect(cloud.inventory({ project: 'admin', servers: [] }, signal())).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
    await expect(admin.inventory({ project: 'nowhere', servers: [] }, signal())).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

describe('a frozen disk', () => {
  test.each([
    ['drop-after', { bytes: 1_000_000 }],
    ['truncate', { bytes: 1_000_000 }],
  ] as const)('is read whole although the download is cut (%s)', async (fault, more) => {
    const snapshot = await frozen();
    twin.faults.set([{ do: fault, ...more, match: { method: 'GET', path: '/file$' }, times: 1 }]);
    const source = await cloud.open(snapshot, await aFolder(), signal());
    expect(source.size).toBe(snapshot.size);
    await source.close();
  });

  test('is refused when other bytes arrive than the cloud stored', async () => {
    const snapshot = await frozen();
    twin.faults.set([{ do: 'corrupt', match: { method: 'GET', path: '/file$' } }]);
    await expect(cloud.open(snapshot, await aFolder(), signal())).rejects.toMatchObject({ code: 'E_IMAGE_MISMATCH' });
  });

  test('is not taken for empty while the cloud has no bytes of it', async () => {
    const made = await hand.ask<{ id: string }>('POST', 'image', '/images', {
      name: 'x',
      disk_format: 'raw',
      container_format: 'bare',
    });
    const opened = cloud.open({ id: made.id, disk: '', round: 0, format: 'raw', size: 0 }, await aFolder(), signal());
    await expect(opened).rejects.toMatchObject({ code: 'E_CLOUD', message: expect.stringContaining('queued') });
  });

  test.skipIf(!hasQemuImg())('in qcow2 is read as the guest sees it (needs qemu-img)', async () => {
    const folder = await aFolder();
    const raw = Buffer.concat([randomBytes(100_000), Buffer.alloc(1_900_000), randomBytes(97_152)]);
    await writeFile(join(folder, 'in.raw'), raw);
    const run = (...args: string[]) => execFileSync('qemu-img', args, { cwd: folder });
    run('convert', '-f', 'raw', '-O', 'qcow2', 'in.raw', 'in.qcow2');
    const source = await cloud.open(await anImage(await readFile(join(folder, 'in.qcow2'))), folder, signal());
    expect(source.size).toBe(Math.ceil(raw.length / 512) * 512);
    expect((await source.read(0, raw.length)).equals(raw)).toBe(true);
    await source.close();

    run('create', '-f', 'qcow2', '-b', '/etc/hostname', '-F', 'raw', 'trap.qcow2', '1M');
    const trap = await anImage(await readFile(join(folder, 'trap.qcow2')));
    await expect(cloud.open(trap, folder, signal())).rejects.toMatchObject({ code: 'E_UNSUPPORTED' });
  });

  async function anImage(bytes: Buffer): Promise<Snapshot> {
    const made = await hand.ask<{ id: string }>('POST', 'image', '/images', {
      name: 'q',
      disk_format: 'qcow2',
      container_format: 'bare',
    });
    const open = async function* (): AsyncGenerator<Buffer> {
      yield bytes;
    };
    const content = { length: bytes.length, open };
    await hand.session.call({ method: 'PUT', service: 'image', path: `/images/${made.id}/file`, content, signal: signal() });
    return { id: made.id, disk: '', round: 0, format: 'qcow2', size: bytes.length };
  }
});

function hasQemuImg(): boolean {
  try {
    execFileSync('qemu-img', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('after commit, a source server', () => {
  test('is tagged and locked, and deleted only on request and while it is stopped', async () => {
    const retirement = new OpenStackRetirement(await accessTo(twin.authUrl, 'demo'));
    onTestFinished(() => retirement.close());
    await retirement.retire(serverId, 'c1', signal());
    await retirement.retire(serverId, 'c1', signal());
    const { server } = await hand.ask<{ server: { tags: string[]; locked: boolean } }>('GET', 'compute', `/servers/${serverId}`);
    expect(server).toMatchObject({ tags: ['godwit-moved'] });
    expect(await cloud.state(serverId, signal())).toMatchObject({ locked: true });
    await expect(retirement.destroy(serverId, signal())).rejects.toMatchObject({ code: 'E_SERVER_STATE' });
    await act('unlock');
    await cloud.stop(serverId, patience());
    await act('lock');
    await retirement.destroy(serverId, signal());
    await expect.poll(() => cloud.state(serverId, signal()).catch((error: { code: string }) => error.code)).toBe('E_NOT_FOUND');
    await retirement.destroy(serverId, signal());
  });
});
