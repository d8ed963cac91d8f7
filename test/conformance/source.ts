import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Patience } from '../../shared/cloud/patience.ts';
import type { Snapshot, SourceCloud } from '../../shared/cloud/source-cloud.ts';
import type { BlockSource, Origin } from '../../shared/disk/block-source.ts';
import { openFile } from '../../shared/disk/file.ts';
import { parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import type { ResourceOf } from '../../shared/model/resource.ts';
import { openNbd } from '../../shared/nbd/source.ts';

/** A source to hold against its contract. */
export interface SourceUnderTest {
  readonly cloud: SourceCloud;
  /**
   * The name of a running server that the suite may stop and start; its project MUST have no second
   * one of this name, and an image. The suite reads the last of its disks.
   */
  readonly server: string;
  /** Ends what was opened for the suite. */
  close(): Promise<void>;
}

const campaign = crypto.randomUUID();
const patience = (timeoutMs = 300_000): Patience => ({ timeoutMs, signal: AbortSignal.timeout(timeoutMs) });

async function digestOf(source: BlockSource): Promise<string> {
  const hash = createHash('sha256');
  const stride = 1024 * 1024;
  for (let offset = 0; offset < source.size; offset += stride)
    hash.update(await source.read(offset, Math.min(stride, source.size - offset)));
  return hash.digest('hex');
}

/**
 * The contract of SourceCloud as tests, the same for every provider. They build on each other, as a
 * move does.
 */
export function itIsASourceCloud(open_: () => Promise<SourceUnderTest>): void {
  describe('as a source cloud', { sequential: true }, () => {
    let subject: SourceUnderTest;
    let cloud: SourceCloud;
    let folder: string;
    let server: ResourceOf<'server'>;
    let disk: ResourceOf<'disk'>;
    let snapshot: Snapshot;

    beforeAll(async () => {
      subject = await open_();
      cloud = subject.cloud;
      folder = await mkdtemp(join(tmpdir(), 'conformance-'));
    });
    afterAll(async () => {
      for (const left of await cloud.snapshots(campaign, AbortSignal.timeout(60_000)))
        await cloud.release(left.id, campaign, AbortSignal.timeout(60_000));
      await subject.close();
      await rm(folder, { recursive: true, force: true });
    });

    test('captures a project as a document in which every need is met', async () => {
      const { document } = await cloud.inventory({ servers: [] }, AbortSignal.timeout(60_000));
      expect(parseConfigurations(JSON.parse(JSON.stringify(document)))).toEqual(document);
      const found = document.servers.find((one) => one.name === subject.server);
      expect(found).toBeDefined();
      expect(document.networks.length).toBeGreaterThan(0);
    });

    test('captures one server by name with what it needs, and the same by id', async () => {
      const { document } = await cloud.inventory({ servers: [subject.server] }, AbortSignal.timeout(60_000));
      expect(document.servers.map((one) => one.name)).toEqual([subject.server]);
      server = resourcesOf(document).find((one) => one.kind === 'server') as ResourceOf<'server'>;
      disk = resourcesOf(document).findLast((one) => one.kind === 'disk') as ResourceOf<'disk'>;
      expect(server.ports).toEqual(document.ports.map((port) => port.id));
      expect(document.ports.every((port) => /^[0-9a-f:]{17}$/.test(port.mac_address))).toBe(true);
      const byId = await cloud.inventory({ servers: [server.id] }, AbortSignal.timeout(60_000));
      expect(resourcesOf(byId.document)).toEqual(resourcesOf(document));
    });

    test('reads one server again just as it captured it', async () => {
      const { document } = await cloud.inventory({ servers: [server.id] }, AbortSignal.timeout(60_000));
      const now = await cloud.recapture(server.id, AbortSignal.timeout(60_000));
      const { name, description, image_id, volumes, metadata, tags } = server;
      expect(now.server).toMatchObject({ name, description, image_id, volumes, metadata, tags });
      const plain = (things: readonly { readonly id: string }[]): object[] =>
        things.map((thing) => ({ ...thing, kind: undefined, needs: undefined })).sort((a, b) => a.id.localeCompare(b.id));
      expect(plain(now.ports)).toEqual(plain(document.ports));
      expect(plain(now.trunks)).toEqual(plain(document.trunks));
      expect(plain(now.floatingIps)).toEqual(plain(document.floating_ips));
      expect(plain(now.forwardings)).toEqual(plain(document.port_forwardings));
      const withoutSpecs = document.volumes.map((volume) => ({ ...volume, type_specs: {} }));
      expect(plain(now.volumes)).toEqual(plain(withoutSpecs));
      const [{ name: flavorName, vcpus, ram, disk: gib, ephemeral, swap } = {}] = document.flavors;
      expect(now.flavor).toMatchObject({ name: flavorName, vcpus, ram, disk: gib, ephemeral, swap });
    });

    test('says that a server does not exist', async () => {
      const inventory = cloud.inventory({ servers: ['there is no such server'] }, AbortSignal.timeout(60_000));
      await expect(inventory).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
      await expect(cloud.state(crypto.randomUUID(), AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    });

    test('refuses to freeze the disk of a server that runs', async () => {
      const frozen = cloud.freeze(disk, { campaign, attempt: 1 }, patience());
      await expect(frozen).rejects.toMatchObject({ code: 'E_SERVER_STATE' });
    });

    test('checkpoints the disk of a server that runs once for each round, and leaves it running', async () => {
      const stamp = { campaign, attempt: 1, round: 1 };
      const first = await cloud.checkpoint(disk, stamp, patience());
      expect(first).toMatchObject({ disk: disk.id, round: 1 });
      expect(await cloud.checkpoint(disk, stamp, patience())).toEqual(first);
      const second = await cloud.checkpoint(disk, { ...stamp, round: 2 }, patience());
      expect(second.id).not.toBe(first.id);
      expect(await cloud.state(server.id, AbortSignal.timeout(60_000))).toMatchObject({ power: 'running' });
      const source = await cloud.open(second, folder, AbortSignal.timeout(300_000));
      expect(source.size).toBeGreaterThan(0);
      await source.close();
      await rm(folder, { recursive: true });
      await mkdir(folder);
      const all = await cloud.snapshots(campaign, AbortSignal.timeout(60_000));
      expect(all.map(({ round }) => round).sort((a, b) => a - b)).toEqual([1, 2]);
      await cloud.release(second.id, campaign, AbortSignal.timeout(60_000));
    });

    test('ends a wait when it is told to', async () => {
      const gone = AbortSignal.abort();
      await expect(cloud.stop(server.id, { timeoutMs: 60_000, signal: gone })).rejects.toMatchObject({ code: 'E_CANCELLED' });
    });

    test('stops a server, and leaves one that is stopped', async () => {
      await cloud.stop(server.id, patience());
      expect(await cloud.state(server.id, AbortSignal.timeout(60_000))).toMatchObject({ power: 'stopped', busy: null });
      await cloud.stop(server.id, patience());
      const { generation } = await cloud.state(server.id, AbortSignal.timeout(60_000));
      expect(await cloud.mayHaveRunSince(server.id, generation, AbortSignal.timeout(60_000))).toBe(false);
      const nothing = { mayRun: false, replaced: false };
      expect(await cloud.recordedSince(server.id, generation, AbortSignal.timeout(60_000))).toEqual(nothing);
      expect(await cloud.mayHaveRunSince(server.id, 'none of its generations', AbortSignal.timeout(60_000))).toBe(true);
    });

    test('freezes the disk once for each attempt, finds it again, and takes no checkpoint for it', async () => {
      const [checkpoint] = await cloud.snapshots(campaign, AbortSignal.timeout(60_000));
      snapshot = await cloud.freeze(disk, { campaign, attempt: 1 }, patience());
      expect(snapshot).toMatchObject({ disk: disk.id, round: 0 });
      expect(snapshot.id).not.toBe(checkpoint?.id);
      await cloud.release(checkpoint?.id ?? '', campaign, AbortSignal.timeout(60_000));
      expect(await cloud.freeze(disk, { campaign, attempt: 1 }, patience())).toEqual(snapshot);
      const second = await cloud.freeze(disk, { campaign, attempt: 2 }, patience());
      expect(second.id).not.toBe(snapshot.id);
      const all = await cloud.snapshots(campaign, AbortSignal.timeout(60_000));
      expect(all.map((one) => one.id).sort()).toEqual([snapshot.id, second.id].sort());
      expect(await cloud.snapshots(crypto.randomUUID(), AbortSignal.timeout(60_000))).toEqual([]);
      await cloud.release(second.id, campaign, AbortSignal.timeout(60_000));
    });

    test('reads the frozen disk, and never trusts what an earlier reading left', async () => {
      const heard: number[] = [];
      const source = await cloud.open(snapshot, folder, AbortSignal.timeout(300_000), (bytes) => heard.push(bytes));
      const digest = await digestOf(source);
      await source.close();
      expect(source.size).toBeGreaterThan(0);
      expect(heard.length).toBeGreaterThan(0);
      const heardBefore = heard.length;
      const again = await cloud.open(snapshot, folder, AbortSignal.timeout(300_000), (bytes) => heard.push(bytes));
      expect(await digestOf(again)).toBe(digest);
      expect(heard.length, 'nothing is fetched twice').toBe(heardBefore);
      await again.close();

      await damage(folder);
      const healed = await cloud.open(snapshot, folder, AbortSignal.timeout(300_000));
      expect(await digestOf(healed)).toBe(digest);
      await healed.close();
    });

    test('tells what need not be read, and where it can be read by others, as it is', async () => {
      const source = await cloud.open(snapshot, folder, AbortSignal.timeout(300_000));
      let end = 0;
      for await (const { offset, length, zero } of source.extents?.(AbortSignal.timeout(60_000)) ?? []) {
        expect(offset, 'extents are in order, without gaps').toBe(end);
        expect(length).toBeGreaterThan(0);
        if (zero) await expectZeros(source, offset, length);
        end += length;
      }
      if (source.extents !== undefined) expect(end).toBe(source.size);
      if (source.origin !== undefined) await expectSame(source, source.origin);
      await source.close();
    });

    test('refuses to delete the snapshot of another campaign', async () => {
      await expect(cloud.release(snapshot.id, crypto.randomUUID(), AbortSignal.timeout(60_000))).rejects.toMatchObject({
        code: 'E_FORBIDDEN',
      });
      expect(await cloud.snapshots(campaign, AbortSignal.timeout(60_000))).toHaveLength(1);
    });

    test('releases a snapshot once, and does not mind the second time', async () => {
      await cloud.release(snapshot.id, campaign, AbortSignal.timeout(60_000));
      await cloud.release(snapshot.id, campaign, AbortSignal.timeout(60_000));
      expect(await cloud.snapshots(campaign, AbortSignal.timeout(60_000))).toEqual([]);
    });

    test('refuses to delete an image that it did not make', async () => {
      const { document } = await cloud.inventory({ servers: [] }, AbortSignal.timeout(60_000));
      const foreign = document.images[0];
      if (foreign === undefined) throw new Error('a server of the project must be made from an image');
      await expect(cloud.release(foreign.id, campaign, AbortSignal.timeout(60_000))).rejects.toMatchObject({
        code: 'E_FORBIDDEN',
      });
    });

    test('starts a server that it stopped again', async () => {
      await cloud.start(server.id, patience());
      expect(await cloud.state(server.id, AbortSignal.timeout(60_000))).toMatchObject({ power: 'running' });
    });

    test('gives a server that has run another generation, and keeps that of one that only lies there', async () => {
      await cloud.stop(server.id, patience());
      const { generation } = await cloud.state(server.id, AbortSignal.timeout(60_000));
      expect((await cloud.state(server.id, AbortSignal.timeout(60_000))).generation).toBe(generation);
      await cloud.start(server.id, patience());
      await cloud.stop(server.id, patience());
      expect((await cloud.state(server.id, AbortSignal.timeout(60_000))).generation).not.toBe(generation);
      await cloud.start(server.id, patience());
    });
  });
}

async function expectZeros(source: BlockSource, offset: number, length: number): Promise<void> {
  const stride = 1024 * 1024;
  for (let done = 0; done < length; done += stride) {
    const bytes = await source.read(offset + done, Math.min(stride, length - done));
    expect(bytes.equals(Buffer.alloc(bytes.length)), `zeros at ${offset + done}`).toBe(true);
  }
}

/** Opens a disk once more by what it tells of its origin, and compares. */
async function expectSame(source: BlockSource, origin: Origin): Promise<void> {
  const again =
    origin.kind === 'file'
      ? await openFile(origin.path)
      : await openNbd(origin.socket, origin.exportName, AbortSignal.timeout(10_000));
  expect(again.size).toBe(source.size);
  expect(await digestOf(again)).toBe(await digestOf(source));
  await again.close();
}

/** Flips a byte in the middle of the largest file of a folder: the disk as it was stored. */
async function damage(folder: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => ({ name, size: (await stat(join(folder, name))).size })),
  );
  const { name, size } = files.reduce((a, b) => (a.size > b.size ? a : b));
  const file = await open(join(folder, name), 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, Math.floor(size / 2));
  await file.write(Buffer.from([byte.readUInt8(0) ^ 0xff]), 0, 1, Math.floor(size / 2));
  await file.close();
}
