import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Endings } from '../support/endings.ts';
import { type Census, idsOf, type Thing, takeCensus } from './census.ts';
import { differences } from './compare.ts';
import { addressOf, type Guest, leaveTraces, notTheSame, readTraces } from './guests.ts';
import { http, openstackBatch, populateWithVolumes } from './lab.ts';
import { type Daemons, migrate, plan, report, startPaired, tell, until, untilState, watch } from './migration.ts';
import { freshProject } from './tenant.ts';

const project = 'stored';
const src = { cloud: 'src', project } as const;
const dst = { cloud: 'dst', project } as const;

/** A server, and where its guest keeps what is in its volume. */
interface Stored {
  readonly name: 'db' | 'files';
  readonly read: string;
  readonly write: string;
}

/** One whose only disk is a volume, and one that has a file system in a second disk. */
const db: Stored = {
  name: 'db',
  read: 'sha256sum < /data/stored',
  write: 'dd if=/dev/urandom of=/data/stored bs=65536 count=64 2>/dev/null; sync',
};
const files: Stored = {
  name: 'files',
  read: 'mount -t ext4 /dev/vdb /mnt && sha256sum < /mnt/stored; umount /mnt',
  write: `mke2fs /dev/vdb >/dev/null 2>&1; mount -t ext4 /dev/vdb /mnt
    dd if=/dev/urandom of=/mnt/stored bs=65536 count=64 2>/dev/null; umount /mnt; sync`,
};

/** A volume that no server has, as the third disk of a guest; only its beginning is read. */
const loneVolume = "nobody's";
const readLone = 'dd if=/dev/vdc bs=65536 count=128 2>/dev/null | sha256sum';
const writeLone = 'dd if=/dev/urandom of=/dev/vdc bs=65536 count=64 2>/dev/null; sync';

/** A guest, and the digest of what is in its volume. */
interface Traces {
  readonly guest: Guest;
  readonly digest: string;
}

const endings = new Endings();
let daemons: Daemons;
let before: Census;
let empty: Census;
let loneDigest: string;

const inGuest = (census: Census, { name }: Stored, script: string): Promise<string> =>
  http(addressOf(census, name), '/cgi-bin/run', script);

async function read(census: Census, server: Stored): Promise<Traces> {
  const guest = await readTraces(addressOf(census, server.name));
  return { guest, digest: await inGuest(census, server, server.read) };
}

async function expectTheSame(traces: Traces, census: Census, server: Stored): Promise<void> {
  expect(await notTheSame(traces.guest, addressOf(census, server.name))).toEqual([]);
  expect(await inGuest(census, server, server.read)).toBe(traces.digest);
}

/** A census with one of the two servers, its port, address and volume; all names begin alike. */
function partOf(census: Census, { name }: Stored): Census {
  const { server, port, volume, 'floating ip': addresses } = census.own;
  const isIts = (thing: Thing): boolean => String(thing['name']).startsWith(name);
  const isLeg = (thing: Thing): boolean => thing['device_owner'] === 'network:router_interface';
  const own = {
    ...census.own,
    server: server.filter(isIts),
    port: port.filter((one) => isIts(one) || isLeg(one)),
    volume: volume.filter(isIts),
    'floating ip': addresses.filter(({ description }) => description === name),
  };
  return { ...census, own };
}

/** The volumes, snapshots and images in which Godwit only reads or writes volumes. */
function temporaries({ own }: Census): string[] {
  const isOurs = ({ name }: Thing): boolean => /^godwit-.*\.volume$/.test(String(name));
  return [...own.volume, ...own['volume snapshot'], ...own.image].filter(isOurs).map(({ id }) => id);
}

/** The part of a census that is the volume which no server has. */
function loneVolumeOf(census: Census): Thing[] {
  return census.own.volume.filter(({ name }) => name === loneVolume);
}

/** Lends the volume that no server has to a guest, and returns what that says of its beginning. */
async function lent(to: typeof src | typeof dst, census: Census, script: string): Promise<string> {
  await openstackBatch(to, [['server', 'add', 'volume', 'files', loneVolume]]);
  try {
    await until('the third disk of the guest', 60_000, async () => {
      const there = await inGuest(census, files, 'test -b /dev/vdc && echo there || true');
      return there.trim() === 'there' ? true : undefined;
    });
    return await inGuest(census, files, script);
  } finally {
    await openstackBatch(to, [['server', 'remove', 'volume', 'files', loneVolume]]);
    await until('the volume being free', 60_000, async () => {
      const [status] = await openstackBatch(to, [['volume', 'show', loneVolume, '-f', 'value', '-c', 'status']]);
      return status?.trim() === 'available' ? true : undefined;
    });
  }
}

async function begin(...chosen: readonly string[]): Promise<string> {
  const { file, concerns } = await plan(daemons, project, chosen);
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  return migrate(daemons, file);
}

beforeAll(async () => {
  await freshProject(project, endings);
  await populateWithVolumes(src);
  await openstackBatch(src, [
    ['server', 'image', 'create', '--name', 'golden é', '--wait', 'files'],
    ['image', 'create', '--private', '--disk-format', 'iso', '--container-format', 'bare', '--file', '/etc/os-release']
      .concat(['--tag', 'of the tenant', '--property', 'os_distro=debian', '--min-ram', '64'])
      .concat('an iso'),
  ]);
  const made = await takeCensus(src);
  loneDigest = await lent(src, made, `${writeLone}; ${readLone}`);
  before = await takeCensus(src);
  empty = await takeCensus(dst);
  for (const server of [db, files]) {
    await leaveTraces(addressOf(before, server.name));
    await inGuest(before, server, server.write);
  }
  daemons = await startPaired(project, endings);
});

afterAll(() => endings.run());

describe('a server that boots from a volume', () => {
  let campaign: string;
  let traces: Traces;

  test('arrives though each daemon is killed while it reads or writes the volume', async () => {
    traces = await read(before, db);
    campaign = await begin('--server', db.name);
    await watch(daemons, campaign, ({ moves }) => (moves[0]?.phase === 'freeze' ? true : undefined));
    await sleep(3_000);
    await daemons.sender.kill();
    tell(project, 'sender killed while it reads the volume');
    await daemons.sender.start();
    await watch(daemons, campaign, ({ moves }) => (moves[0]?.phase === 'import' ? true : undefined));
    await sleep(3_000);
    await daemons.receiver.kill();
    tell(project, 'receiver killed while it writes the volume');
    await daemons.receiver.start();
    await untilState(daemons, campaign, 'ready');
    await report(daemons, campaign);
  });

  test('is there as it was, with its volume and what is in it', async () => {
    const after = await takeCensus(dst);
    expect(differences(partOf(before, db), after)).toEqual([]);
    expect(temporaries(after)).toEqual([]);
    await expectTheSame(traces, after, db);
  });

  test('is taken back: both sides are as they were', async () => {
    await daemons.sender.ask(['rollback', campaign, '--yes']);
    await untilState(daemons, campaign, 'rolled back');
    expect(idsOf(await takeCensus(dst))).toEqual(idsOf(empty));
    const after = await takeCensus(src);
    expect(idsOf(after)).toEqual(idsOf(before));
    expect(differences(before, after)).toEqual([]);
    await expectTheSame(traces, after, db);
  });
});

describe('a volume that no server has', () => {
  let campaign: string;

  test('arrives though each daemon is killed while it reads or writes the volume', async () => {
    campaign = await begin('--volume', loneVolume);
    await watch(daemons, campaign, ({ moves }) => (moves[0]?.phase === 'freeze' ? true : undefined));
    await sleep(2_000);
    await daemons.sender.kill();
    tell(project, 'sender killed while it reads the lone volume');
    await daemons.sender.start();
    await watch(daemons, campaign, ({ moves }) => (moves[0]?.phase === 'import' ? true : undefined));
    await sleep(3_000);
    await daemons.receiver.kill();
    tell(project, 'receiver killed while it writes the lone volume');
    await daemons.receiver.start();
    await untilState(daemons, campaign, 'ready');
    await report(daemons, campaign);
  });

  test('is there as it was, and at the source nothing has changed', async () => {
    const [there, here] = await Promise.all([takeCensus(dst), takeCensus(src)]);
    expect(there.own.volume.map(({ name, size, bootable, status }) => ({ name, size, bootable, status }))).toEqual(
      loneVolumeOf(before).map(({ name, size, bootable, status }) => ({ name, size, bootable, status })),
    );
    expect(temporaries(there)).toEqual([]);
    expect(loneVolumeOf(here)).toEqual(loneVolumeOf(before));
  });

  test('is taken back: both sides are as they were', async () => {
    await daemons.sender.ask(['rollback', campaign, '--yes']);
    await untilState(daemons, campaign, 'rolled back');
    expect(idsOf(await takeCensus(dst))).toEqual(idsOf(empty));
    const after = await takeCensus(src);
    expect(idsOf(after)).toEqual(idsOf(before));
    expect(differences(before, after)).toEqual([]);
  });
});

describe('images of the project', () => {
  test('arrive with the bytes that were stored and what their owner chose, and go with a rollback', async () => {
    const campaign = await begin('--image', 'golden é', '--image', 'an iso');
    await untilState(daemons, campaign, 'ready');
    await report(daemons, campaign);
    const [there, here] = await Promise.all([takeCensus(dst), takeCensus(src)]);
    const chosen = ({ own }: Census): unknown[] =>
      own.image
        .map(
          ({ name, size, disk_format, container_format, min_disk, min_ram, checksum, protected: isProtected, visibility }) => ({
            name,
            size,
            disk_format,
            container_format,
            min_disk,
            min_ram,
            checksum,
            isProtected,
            visibility,
          }),
        )
        .sort((a, b) => String(a.name).localeCompare(String(b.name)));
    expect(chosen(there)).toEqual(chosen(before));
    const iso = there.own.image.find(({ name }) => name === 'an iso');
    expect(iso?.['tags']).toEqual(['of the tenant']);
    expect(iso?.['properties']).toMatchObject({ os_distro: 'debian' });
    expect(here.own.image).toEqual(before.own.image);
    await daemons.sender.ask(['rollback', campaign, '--yes']);
    await untilState(daemons, campaign, 'rolled back');
    expect(idsOf(await takeCensus(dst))).toEqual(idsOf(empty));
  });
});

describe('a server that has a volume beside its own disk', () => {
  test('arrives with both, and its commit leaves nothing temporary in either cloud', async () => {
    const traces = await read(before, files);
    const campaign = await begin('--server', files.name, '--volume', loneVolume);
    await untilState(daemons, campaign, 'ready');
    await report(daemons, campaign);
    const after = await takeCensus(dst);
    const part = partOf(before, files);
    const volume = [...part.own.volume, ...loneVolumeOf(before)];
    expect(differences({ ...part, own: { ...part.own, volume } }, after)).toEqual([]);
    await expectTheSame(traces, after, files);
    expect(await lent(dst, after, readLone)).toBe(loneDigest);
    await daemons.sender.ask(['commit', campaign, '--yes']);
    await untilState(daemons, campaign, 'committed');
    const [left, there] = await Promise.all([takeCensus(src), takeCensus(dst)]);
    expect(idsOf(left)).toEqual(idsOf(before));
    expect(temporaries(there)).toEqual([]);
  });
});
