import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type Cloud, openCloudAt, type SenderLife, untilState, World } from '../support/in-process.ts';
import { OpenStackUser } from '../support/openstack-user.ts';
import { censusOf, provideBoth, sha256 } from '../support/shop.ts';

const MiB = 1024 * 1024;
const blockBytes = 64 * 1024;

/**
 * The image that every server of the source was made from, and what each of them wrote where it has
 * zeros: one block each.
 */
const base = Buffer.concat([randomBytes(3 * MiB), Buffer.alloc(2 * MiB), randomBytes(MiB)]);
const names = ['a', 'b', 'c'];

let dir: string;
/** SHA-256 of the servers' disks, sorted. */
let disks: string[];

const adminOf = ({ twin }: Cloud): Promise<OpenStackUser> =>
  OpenStackUser.signIn({ authUrl: twin.authUrl, user: 'admin', password: 'twin', project: 'admin' });

/** Stores the image, or what is said to be it, in a cloud; returns its id. */
async function store(user: OpenStackUser, visibility = 'private', bytes = base): Promise<string> {
  const file = join(dir, `${Math.random()}.raw`);
  await writeFile(file, bytes);
  const body = { name: 'base', disk_format: 'raw', container_format: 'bare', visibility };
  const { id } = await user.send<{ id: string }>('POST', 'image', '/images', body);
  await user.upload(id, file);
  return id;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'image-donors-'));
  const [source, destination] = await Promise.all([openCloudAt(join(dir, 'source')), openCloudAt(join(dir, 'destination'))]);
  await provideBoth(await adminOf(source), await adminOf(destination));
  const { user } = source;
  const made = { network: { name: 'front' } };
  const { network } = await user.send<{ network: { id: string } }>('POST', 'network', '/networks', made);
  await user.send('POST', 'network', '/subnets', { subnet: { network_id: network.id, ip_version: 4, cidr: '10.20.0.0/24' } });
  const flavors = await user.list<{ id: string; name: string }>('compute', '/flavors', 'flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.tiny')?.id;
  const imageRef = await store(await adminOf(source), 'public');
  for (const name of names)
    await user.send('POST', 'compute', '/servers', { server: { name, imageRef, flavorRef, networks: [{ uuid: network.id }] } });
  const servers = await user.until('Building the servers', async () => {
    const found = await user.list<{ id: string; status: string }>('compute', '/servers/detail', 'servers');
    return found.every(({ status }) => status === 'ACTIVE') ? found : undefined;
  });
  disks = [];
  for (const [place, { id }] of servers.entries()) {
    const path = join(dir, 'source', 'disks', id);
    const file = await open(path, 'r+');
    await file.write(randomBytes(blockBytes), 0, blockBytes, 3 * MiB + place * blockBytes);
    await file.close();
    disks.push(sha256(await readFile(path)));
  }
  disks.sort();
  await Promise.all([source.twin.stop(), destination.twin.stop()]);
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Runs `work` in a world whose destination has what `furnish` stores there. */
async function inWorld<T>(
  furnish: (destination: Cloud, dir: string) => Promise<T>,
  work: (world: World, found: T) => Promise<void>,
) {
  const place = await mkdtemp(join(dir, 'world-'));
  const world = await World.open(dir, place);
  try {
    await work(world, await furnish(world.destination, join(place, 'destination')));
  } finally {
    await world.close();
    await rm(place, { recursive: true, force: true });
  }
}

interface Counts {
  readonly copied: number;
  readonly pulled: number;
  readonly bytes_pulled: number;
}

/** How the copies came to be, by the receiver's own markers. */
async function countsOf({ receiverState }: World, campaign: string): Promise<Counts[]> {
  const folder = join(receiverState, 'campaigns', campaign, 'markers');
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.includes('/'));
  return Promise.all(
    names.map(async (name) => (JSON.parse(await readFile(join(folder, name), 'utf8')) as { counts: Counts }).counts),
  );
}

const sum = (counts: readonly Counts[], of: keyof Counts): number => counts.reduce((total, each) => total + each[of], 0);

/** How often the bytes of an image were fetched from the destination. */
function fetches({ destination }: World, image: string): number {
  return destination.twin.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(`/images/${image}/file`))
    .length;
}

async function expectDisks({ destination }: World): Promise<void> {
  const { images } = await censusOf(destination);
  const moved = Object.values(images).filter((digest) => disks.includes(digest));
  expect(moved.sort()).toEqual(disks);
}

async function migrated(world: World): Promise<{ sender: SenderLife; campaign: string }> {
  world.startReceiver();
  const sender = await world.startSender();
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  return { sender, campaign };
}

test('of servers whose image the destination has, nothing crosses the link but what each of them changed', async () => {
  await inWorld(
    ({ user }) => store(user),
    async (world, image) => {
      const { sender, campaign } = await migrated(world);
      const counts = await countsOf(world, campaign);
      expect(counts).toHaveLength(names.length);
      expect(sum(counts, 'bytes_pulled')).toBe(names.length * blockBytes);
      expect(fetches(world, image)).toBe(1);
      await expectDisks(world);
      const folder = join(world.receiverState, 'campaigns', campaign, 'images');
      expect((await readdir(folder)).filter((name) => name.endsWith('.raw'))).toHaveLength(1);
      await sender.daemon.commit({ campaign, deleteSource: false });
      await untilState(sender, 'committed');
      expect(existsSync(folder)).toBe(false);
      await sender.stop();
    },
  );
}, 60_000);

test('an image that is on its way is waited for, and goes with a rollback', async () => {
  await inWorld(
    ({ user }) => store(user),
    async (world, image) => {
      world.destination.twin.faults.set([
        { match: { service: 'image', method: 'GET', path: `${image}/file$` }, do: 'delay', ms: 4_000, times: 1 },
      ]);
      const { sender, campaign } = await migrated(world);
      expect(sum(await countsOf(world, campaign), 'bytes_pulled')).toBe(names.length * blockBytes);
      await sender.daemon.rollback({ campaign });
      await untilState(sender, 'rolled back');
      expect(existsSync(join(world.receiverState, 'campaigns', campaign, 'images'))).toBe(false);
      await sender.stop();
    },
  );
}, 60_000);

test('an image whose bytes lie about their digest is found out, and every block comes from the sender instead', async () => {
  await inWorld(
    async ({ user }, at) => {
      const image = await store(user);
      await writeFile(join(at, 'images', image), randomBytes(base.length));
      return image;
    },
    async (world, image) => {
      const { sender, campaign } = await migrated(world);
      // The first disk comes as a whole, and stands in for its siblings.
      expect(sum(await countsOf(world, campaign), 'bytes_pulled')).toBe(4 * MiB + names.length * blockBytes);
      expect(fetches(world, image)).toBe(1);
      await expectDisks(world);
      await sender.stop();
    },
  );
}, 60_000);

test('another tenant’s private image is not fetched even where the credentials see it, and everything is answered as if it did not exist', async () => {
  const answers: Counts[][] = [];
  for (const isThere of [true, false]) {
    await inWorld(
      async (destination) => (isThere ? store(await adminOf(destination)) : ''),
      async (world, image) => {
        const { sender, campaign } = await migrated(world);
        answers.push(await countsOf(world, campaign));
        if (isThere) expect(fetches(world, image)).toBe(0);
        await expectDisks(world);
        await sender.stop();
      },
    );
  }
  const [there, absent] = answers.map((counts) =>
    counts.map(({ copied, pulled, bytes_pulled }) => [copied, pulled, bytes_pulled].join()).sort(),
  );
  expect(there).toEqual(absent);
}, 60_000);

test('a receiver that dies after the first disk has the image still, and fetches it no second time', async () => {
  await inWorld(
    async (destination) => store(await adminOf(destination), 'public'),
    async (world, image) => {
      world.startReceiver();
      const sender = await world.startSender();
      const campaign = await beginMigration(sender);
      const folder = join(world.receiverState, 'campaigns', campaign, 'images');
      while (!(await readdir(folder).catch(() => [])).some((name) => name.endsWith('.digests'))) await sleep(5);
      await world.killReceiver();
      world.startReceiver();
      await untilState(sender, 'ready');
      expect(sum(await countsOf(world, campaign), 'bytes_pulled')).toBe(names.length * blockBytes);
      expect(fetches(world, image)).toBe(1);
      await expectDisks(world);
      await sender.stop();
    },
  );
}, 60_000);
