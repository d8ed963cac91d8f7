import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { OpenStackRetirement } from '../../../../../shared/cloud/openstack/retirement.ts';
import { OpenStackSource } from '../../../../../shared/cloud/openstack/source.ts';
import { imageStamp } from '../../../../../shared/cloud/openstack/stamp.ts';
import type { Frozen, Snapshot } from '../../../../../shared/cloud/source-cloud.ts';
import { accessTo, type Hand, populate } from '../../../../conformance/furnish.ts';
import { aFolder } from '../../../../support/folder.ts';
import { hasQemu } from '../../../../support/qemu.ts';
import type { Twin } from '../../../../twin/twin.ts';
import { aHand } from './a-destination.ts';
import { aSourceWithServers, patience, signal } from './a-source.ts';

let twin: Twin;
let hand: Hand;
let cloud: OpenStackSource;
let serverId: string;

beforeEach(async () => {
  ({ twin, hand, cloud, serverId } = await aSourceWithServers());
});

const act = (verb: string, more: unknown = null) => hand.ask('POST', 'compute', `/servers/${serverId}/action`, { [verb]: more });
const state = async () => (await cloud.state(serverId, signal())).word;

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

test('a user’s snapshot of the moved server, seen where both projects are in one cloud, is none of the campaign’s', async () => {
  const campaign = crypto.randomUUID();
  const stamp = imageStamp(campaign, `disk/${serverId}.root`);
  const body = { name: 'theirs', image_type: 'snapshot', instance_uuid: crypto.randomUUID(), ...stamp };
  const { id } = await hand.ask<{ id: string }>('POST', 'image', '/images', body);
  expect(await cloud.snapshots(campaign, signal())).toEqual([]);
  await expect(cloud.release(id, campaign, signal())).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
});

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

  test('may have user data that cannot be read, once for all of them', async () => {
    await populate(twin.authUrl);
    const { concerns } = await cloud.inventory({ servers: [] }, signal());
    const blind = concerns.filter(({ code }) => code === 'server.user_data');
    expect(blind).toEqual([expect.objectContaining({ says: expect.stringMatching(/^Servers .+, .+ may have user data/) })]);
  });

  test('has the same name as another', async () => {
    await populate(twin.authUrl);
    const inventory = cloud.inventory({ servers: ['web 1'] }, signal());
    await expect(inventory).rejects.toMatchObject({ code: 'E_NOT_FOUND', message: expect.stringContaining(serverId) });
    expect((await cloud.inventory({ servers: [serverId] }, signal())).document.servers).toHaveLength(1);
    expect((await cloud.inventory({ servers: [] }, signal())).document.servers).toHaveLength(2);
  });
});

describe('a capture says what stays behind', () => {
  test('of the project’s own things, not of those that are mapped', async () => {
    const asAdmin = new OpenStackSource(await accessTo(twin.authUrl, 'admin'));
    onTestFinished(() => asAdmin.close());
    for (const [reader, project] of [
      [cloud, undefined],
      [asAdmin, 'demo'],
    ] as const) {
      const { concerns } = await reader.inventory({ project, servers: [] }, signal());
      expect(concerns.filter(({ code }) => /not_carried|unknown_attribute/.test(code))).toEqual([]);
    }
    const admin = await aHand(twin, 'admin');
    for (const [owner, name] of [
      [hand, 'ours'],
      [admin, 'theirs'],
    ] as const)
      await owner.ask('POST', 'network', '/networks', { network: { name, availability_zone_hints: ['nova'] } });
    const { concerns } = await cloud.inventory({ servers: [] }, signal());
    const says = 'The attribute availability_zone_hints (["nova"]) of network ours stays behind: ';
    expect(concerns).toContainEqual(
      expect.objectContaining({ code: 'network.not_carried', severity: 'warning', says: expect.stringContaining(says) }),
    );
  });

  test('of ports that neither a server nor nobody has', async () => {
    const { networks } = await hand.ask<{ networks: { id: string; name: string }[] }>('GET', 'network', '/networks');
    const network_id = networks.find(({ name }) => name === 'net1')?.id;
    await hand.ask('POST', 'network', '/ports', {
      port: { network_id, name: 'vip', device_owner: 'Octavia', device_id: 'lb-1' },
    });
    const { concerns, document } = await cloud.inventory({ servers: [] }, signal());
    expect(concerns).toContainEqual(expect.objectContaining({ code: 'port.left_out', says: expect.stringContaining('vip') }));
    expect(document.ports.map(({ name }) => name)).not.toContain('vip');
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

  describe.skipIf(!hasQemu())('in another format than raw (needs qemu-utils)', () => {
    const raw = Buffer.concat([randomBytes(100_000), Buffer.alloc(1_900_000), randomBytes(97_152)]);
    const guests = Math.ceil(raw.length / 512) * 512;

    /** The file that qemu-img makes, with `out` as its name. */
    async function made(args: readonly string[]): Promise<Buffer> {
      const folder = await aFolder();
      await writeFile(join(folder, 'in.raw'), raw);
      execFileSync('qemu-img', args, { cwd: folder });
      return readFile(join(folder, 'out'));
    }
    const converted = (format: string): Promise<Buffer> => made(['convert', '-f', 'raw', '-O', format, 'in.raw', 'out']);

    test.each([
      ['qcow2', 'qcow2'],
      ['vmdk', 'vmdk'],
      ['vhd', 'vpc'],
      ['vhdx', 'vhdx'],
      ['vdi', 'vdi'],
    ])('is read as the guest sees it, without a raw copy: %s', async (format, qemuName) => {
      const folder = await aFolder();
      const source = await cloud.open(await anImage(await converted(qemuName), format), folder, signal());
      expect(source.size).toBeGreaterThanOrEqual(guests);
      expect((await source.read(0, raw.length)).equals(raw)).toBe(true);
      expect((await readdir(folder)).filter((name) => name.endsWith('.raw'))).toEqual([]);
      await source.close();
    });

    test('is found again after a restart, and fetched again where it was damaged', async () => {
      const folder = await aFolder();
      const snapshot = await anImage(await converted('qcow2'));
      const fetches: number[] = [];
      const read = async (): Promise<boolean> => {
        const source = await cloud.open(snapshot, folder, signal(), (bytes) => fetches.push(bytes));
        const same = (await source.read(0, raw.length)).equals(raw);
        await source.close();
        return same;
      };
      expect(await read()).toBe(true);
      const once = fetches.length;
      expect(await read()).toBe(true);
      expect(fetches).toHaveLength(once);
      const path = join(folder, `${snapshot.id}.qcow2`);
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1000) ^ 1, bytes.length - 1000);
      await writeFile(path, bytes);
      expect(await read()).toBe(true);
      expect(fetches.length).toBeGreaterThan(once);
    });

    test('is converted for as long as it is open where qemu-nbd is not installed', async () => {
      const tools = await aFolder();
      const path = process.env['PATH'] ?? '';
      const folder = await aFolder();
      const bytes = await converted('qcow2');
      for (const tool of ['qemu-img', 'setpriv', 'prlimit', 'true'])
        await symlink(execFileSync('which', [tool]).toString().trim(), join(tools, tool));
      process.env['PATH'] = tools;
      onTestFinished(() => {
        process.env['PATH'] = path;
      });
      const image = await anImage(bytes);
      const source = await cloud.open(image, folder, signal());
      expect((await source.read(0, raw.length)).equals(raw)).toBe(true);
      expect(await readdir(folder)).toContain(`${image.id}.qcow2.raw`);
      await source.close();
      expect(await readdir(folder)).not.toContain(`${image.id}.qcow2.raw`);
    });

    const descriptor = [
      '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n',
      'RW 1 FLAT "/etc/hostname" 0\nddb.adapterType = "ide"\nddb.geometry.cylinders = "1"\n',
    ];

    test.each<[what: string, format: string, bytes: () => Promise<Buffer>]>([
      ['as its backing', 'qcow2', () => made(['create', '-q', '-f', 'qcow2', '-b', '/etc/hostname', '-F', 'raw', 'out', '1M'])],
      [
        'for its data',
        'qcow2',
        () => made(['create', '-q', '-f', 'qcow2', '-o', 'data_file=in.raw,data_file_raw=on', 'out', '1M']),
      ],
      ['as an extent', 'vmdk', async () => Buffer.from(descriptor.join(''))],
    ])('is refused when it names another file %s', async (_, format, bytes) => {
      const opened = cloud.open(await anImage(await bytes(), format), await aFolder(), signal());
      await expect(opened).rejects.toMatchObject({ code: 'E_UNSUPPORTED' });
    });

    test.each([
      ['AES', 1],
      ['LUKS', 2],
    ])('is refused when it is encrypted with %s', async (_, method) => {
      const bytes = await converted('qcow2');
      bytes.writeUInt32BE(method, 32);
      const opened = cloud.open(await anImage(bytes), await aFolder(), signal());
      await expect(opened).rejects.toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringContaining('is encrypted') });
    });

    test('is refused when it has a feature that nobody knows', async () => {
      const bytes = await made(['create', '-q', '-f', 'qcow2', 'out', '1M']);
      bytes.writeBigUInt64BE(2n ** 40n, 72);
      const opened = cloud.open(await anImage(bytes), await aFolder(), signal());
      await expect(opened).rejects.toMatchObject({
        code: 'E_UNSUPPORTED',
        message: expect.stringContaining('features of qcow2'),
      });
    });

    test('is refused when its backing file is missing', async () => {
      const bytes = await made(['create', '-q', '-f', 'qcow2', '-u', '-b', 'gone.qcow2', '-F', 'qcow2', 'out', '1M']);
      const opened = cloud.open(await anImage(bytes), await aFolder(), signal());
      await expect(opened).rejects.toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringContaining('another file') });
    });

    test('is refused when it is not of the format that the cloud says', async () => {
      const opened = cloud.open(await anImage(await converted('vmdk'), 'qcow2'), await aFolder(), signal());
      await expect(opened).rejects.toMatchObject({ code: 'E_UNSUPPORTED' });
    });
  });

  async function anImage(bytes: Buffer, format = 'qcow2'): Promise<Snapshot> {
    const made = await hand.ask<{ id: string }>('POST', 'image', '/images', {
      name: 'q',
      disk_format: format,
      container_format: 'bare',
    });
    const open = async function* (): AsyncGenerator<Buffer> {
      yield bytes;
    };
    const content = { length: bytes.length, open };
    await hand.session.call({ method: 'PUT', service: 'image', path: `/images/${made.id}/file`, content, signal: signal() });
    return { id: made.id, disk: '', round: 0, format, size: bytes.length };
  }
});

describe('after commit, a source server', () => {
  test('is tagged and locked, and deleted only on request and while it is stopped', async () => {
    const retirement = await aRetirement();
    const running = await asItIs();
    const refused = { code: 'E_SERVER_STATE', message: expect.stringContaining('runs again at the source') };
    await expect(retirement.retire(serverId, running, signal())).rejects.toMatchObject(refused);
    await expect(retirement.destroy(serverId, running, signal())).rejects.toMatchObject(refused);
    await cloud.stop(serverId, patience());
    const stopped = await asItIs();
    await retirement.retire(serverId, stopped, signal());
    await retirement.retire(serverId, stopped, signal());
    const { server } = await hand.ask<{ server: { tags: string[]; locked: boolean } }>('GET', 'compute', `/servers/${serverId}`);
    expect(server).toMatchObject({ tags: ['godwit-moved'] });
    expect(await cloud.state(serverId, signal())).toMatchObject({ locked: true });
    await retirement.destroy(serverId, stopped, signal());
    await expect.poll(() => cloud.state(serverId, signal()).catch((error: { code: string }) => error.code)).toBe('E_NOT_FOUND');
    await retirement.destroy(serverId, stopped, signal());
    await retirement.retire(serverId, stopped, signal());
  });

  test('that ran and was stopped again since it was frozen is neither locked nor deleted', async () => {
    const retirement = await aRetirement();
    await cloud.stop(serverId, patience());
    const before = await asItIs();
    await cloud.start(serverId, patience());
    await cloud.stop(serverId, patience());
    const refused = { code: 'E_SERVER_STATE', message: expect.stringContaining('may have run') };
    await expect(retirement.retire(serverId, before, signal())).rejects.toMatchObject(refused);
    await expect(retirement.destroy(serverId, before, signal())).rejects.toMatchObject(refused);
    expect(await cloud.state(serverId, signal())).toMatchObject({ power: 'stopped', locked: false });
  });

  test('that its owner locked and unlocked since it was frozen has not run, and is retired', async () => {
    const retirement = await aRetirement();
    await cloud.stop(serverId, patience());
    const before = await asItIs();
    await act('lock');
    await act('unlock');
    await retirement.retire(serverId, before, signal());
    expect(await cloud.state(serverId, signal())).toMatchObject({ locked: true });
  });

  async function aRetirement(): Promise<OpenStackRetirement> {
    const retirement = new OpenStackRetirement(await accessTo(twin.authUrl, 'demo'));
    onTestFinished(() => retirement.close());
    return retirement;
  }

  async function asItIs(): Promise<Frozen> {
    return { campaign: 'c1', generation: (await cloud.state(serverId, signal())).generation };
  }
});
