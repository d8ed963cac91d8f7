import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Configurations, parseConfigurations } from '../../../shared/model/configurations.ts';
import { compare } from '../../demo/compare.ts';
import { beginMigration, type SenderLife, untilState, World } from '../../support/in-process.ts';
import type { Power } from '../../support/power.ts';
import { aDisk, type Census, censusOf, countsOf, makeShop, sha256 } from '../../support/shop.ts';

/** How many worlds live at once: each mostly waits for its clouds. */
const worldsAtOnce = 6;

/** A folder with the template of every world, and how its clouds are before anything. */
export interface Yardstick {
  readonly dir: string;
  readonly source: Census;
  readonly destination: Census;
  /** How many there are of each kind at the destination after an uncut migration. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Makes the template, and measures one uncut migration. */
export async function measure(): Promise<Yardstick> {
  // In memory where there is such a place: the power is cut between records, not inside the disk.
  const dir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'power-cut-'));
  await makeShop(dir);
  return inWorld(dir, 'yardstick', async (world) => {
    const source = await censusOf(world.source);
    const destination = await censusOf(world.destination);
    const sender = await migrated(world);
    await sender.stop();
    return { dir, source, destination, counts: countsOf(await censusOf(world.destination)) };
  });
}

/** The template of worlds whose campaign is ready. */
export async function whenReady(yardstick: Yardstick): Promise<Yardstick> {
  const dir = await mkdtemp(join(yardstick.dir, 'ready-'));
  const world = await World.open(yardstick.dir, dir);
  const sender = await migrated(world);
  await sender.stop();
  await world.close();
  return { ...yardstick, dir };
}

/** The document of a campaign that a real sender planned and ran. */
export function documentFrom({ dir }: Yardstick): Promise<Configurations> {
  return inWorld(dir, 'document', async (world) => {
    const sender = await migrated(world);
    const id = await untilState(sender, 'ready');
    const text = await readFile(join(world.senderState, 'campaigns', id, 'configurations.json'), 'utf8');
    await sender.stop();
    return parseConfigurations(JSON.parse(text));
  });
}

/** Deletes the template. */
export async function forget({ dir }: Yardstick): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}

/** A sender whose campaign is ready, in a world without cuts. */
async function migrated(world: World): Promise<SenderLife> {
  world.startReceiver();
  const sender = await world.startSender();
  await beginMigration(sender);
  await untilState(sender, 'ready');
  return sender;
}

/** Runs `work` in a world of its own. */
export async function inWorld<T>(dir: string, name: string, work: (world: World) => Promise<T>): Promise<T> {
  const place = join(dir, name);
  const world = await World.open(dir, place);
  try {
    return await work(world);
  } finally {
    await world.close();
    await rm(place, { recursive: true, force: true });
  }
}

/**
 * What one run shows: whether its power cut came before the work was done, and everything that is
 * wrong at its end.
 */
export interface Outcome {
  readonly wasCut: boolean;
  readonly flaws: readonly string[];
}

/**
 * Cuts the power before record 1, 2, 3 …, each in its own world, until no such record is written;
 * returns their number and what went wrong.
 */
export async function atEveryRecord(
  { dir }: Yardstick,
  work: (world: World, record: number) => Promise<Outcome>,
): Promise<{ records: number; wrong: string[] }> {
  const wrong: string[] = [];
  let next = 0;
  let last = Number.POSITIVE_INFINITY;
  const lane = async (): Promise<void> => {
    while (next < last) {
      next += 1;
      const record = next;
      const { wasCut, flaws } = await inWorld(dir, `record-${record}`, (world) => work(world, record)).catch(
        (error: unknown): Outcome => ({ wasCut: true, flaws: [String(error)] }),
      );
      // A flaw may be why no end is ever reached; a handful tells enough.
      if (!wasCut || wrong.length > 5) last = Math.min(last, record - 1);
      wrong.push(...flaws.map((flaw) => `record ${record}: ${flaw}`));
    }
  };
  await Promise.all(Array.from({ length: worldsAtOnce }, lane));
  return { records: last, wrong: wrong.slice(0, 20) };
}

/** Waits until the power is cut (true) or the work is done (false); throws where the work fails. */
export async function cutOrThrough({ cut }: Power, through: Promise<unknown>): Promise<boolean> {
  // A daemon that dies leaves its caller waiting for ever, or with an answer that nobody heard.
  through.catch(() => undefined);
  const first = await Promise.race([cut.then(() => true), through.then(() => false)]);
  return first || (await Promise.race([cut.then(() => true), sleep(0, false)]));
}

/**
 * Migrates with a sender whose power is cut before a record of its journal, and leaves it dead;
 * returns whether it was cut.
 */
export async function migrateUntilCut(world: World, record: number, edit?: (plan: string) => string): Promise<boolean> {
  world.startReceiver();
  const sender = await world.startSender(record);
  const through = beginMigration(sender, edit).then(() => untilState(sender, 'ready'));
  const wasCut = await cutOrThrough(sender.power, through);
  await sender.kill();
  return wasCut;
}

/**
 * Migrates with a receiver whose power is cut before a record of its ledger and that is started
 * again; the migration goes on meanwhile.
 */
export async function migrateOverCut(
  world: World,
  record: number,
): Promise<{ wasCut: boolean; sender: SenderLife; ready: Promise<unknown> }> {
  const power = world.startReceiver(record);
  const sender = await world.startSender();
  const ready = beginMigration(sender).then(() => untilState(sender, 'ready'));
  const wasCut = await cutOrThrough(power, ready);
  await world.killReceiver();
  world.startReceiver();
  return { wasCut, sender, ready };
}

/**
 * Continues a campaign until it is ready. Without its first record it does not exist and is begun
 * again, for its operator had no answer.
 */
export async function goOn(sender: SenderLife, edit?: (plan: string) => string): Promise<void> {
  if ((await sender.daemon.status()).campaigns.length === 0) await beginMigration(sender, edit);
  await untilState(sender, 'ready');
  await sender.stop();
}

/** Rolls back the campaign, where there is one. */
export async function rollBackAny(sender: SenderLife): Promise<void> {
  const [campaign] = (await sender.daemon.status()).campaigns;
  if (campaign !== undefined) {
    await sender.daemon.rollback({ campaign: campaign.id });
    await untilState(sender, 'rolled back');
  }
  await sender.stop();
}

/** Every way in which a migrated pair of clouds is not as an uncut run leaves it. */
export async function flawsAfterMigration(world: World, yardstick: Yardstick): Promise<string[]> {
  const source = await censusOf(world.source);
  const destination = await censusOf(world.destination);
  const different = compare(yardstick.source.portrait, destination.portrait).filter(({ differs }) => differs !== null);
  const snapshots = source.ids['images']?.filter((id) => !yardstick.source.ids['images']?.includes(id)) ?? [];
  const disks = [sha256(aDisk('web 1')), sha256(aDisk('-web/é'))].sort();
  return [
    ...different.map(({ kind, name, differs }) => `${kind} ${name}: ${differs}`),
    ...differing('counts', countsOf(destination), yardstick.counts),
    ...differing('source servers', source.statuses, ['SHUTOFF', 'SHUTOFF']),
    ...differing('snapshots', snapshots.length, 2),
    ...differing('destination disks', Object.values(destination.images).sort(), disks),
  ];
}

/** Every way in which a pair of clouds is not as it was before anything. */
export async function flawsAfterRollback(world: World, yardstick: Yardstick): Promise<string[]> {
  return [
    ...differing('destination', await censusOf(world.destination), yardstick.destination),
    ...differing('source', await censusOf(world.source), yardstick.source),
  ];
}

/** A complaint where two values differ. */
export function differing(what: string, is: unknown, wanted: unknown): string[] {
  const a = JSON.stringify(is);
  const b = JSON.stringify(wanted);
  let at = 0;
  while (a[at] === b[at] && at < a.length) at += 1;
  const from = Math.max(0, at - 80);
  return a === b ? [] : [`${what}: …${a.slice(from, at + 200)}… instead of …${b.slice(from, at + 200)}…`];
}
