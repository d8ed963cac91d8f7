import { randomBytes } from 'node:crypto';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { Importer } from '../../../receiver/bundle/import.ts';
import { readBundle } from '../../../receiver/bundle/read.ts';
import { Campaigns } from '../../../receiver/campaign/campaigns.ts';
import { lazily, openCloud } from '../../../shared/cloud/open.ts';
import { WorkerPool } from '../../../shared/disk/worker-pool.ts';
import { Mappings } from '../../../shared/model/mappings.ts';
import { type Cloud, openCloudAt, sectionOf, untilState, World } from '../../support/in-process.ts';
import { Power } from '../../support/power.ts';
import { censusOf, countsOf, makeShop, sha256 } from '../../support/shop.ts';
import type { Fault } from '../../twin/faults.ts';
import { cutOrThrough, differing } from './worlds.ts';

const log = pino({ level: 'silent' });
const MiB = 1024 * 1024;

/** How many places live at once: each mostly waits for its cloud. */
const placesAtOnce = 6;

/** Room for one tenant, and not for two. */
const quotas: Fault[] = [
  { do: 'quota', service: 'network', set: { network: 1, subnet: 1, router: 1, floatingip: 1 } },
  { do: 'quota', service: 'compute', set: { instances: 2 } },
];

const shared = randomBytes(5 * MiB);
const disks: Readonly<Record<string, Buffer>> = {
  'web 1': Buffer.concat([shared, Buffer.alloc(4 * MiB), randomBytes(2 * MiB + 4096)]),
  '-web/é': Buffer.concat([randomBytes(MiB), shared, Buffer.alloc(MiB)]),
};

/** A bundle, and what importing it once makes of a destination. */
export interface Carried {
  readonly dir: string;
  readonly campaign: string;
  readonly bundle: Buffer;
  readonly counts: Readonly<Record<string, number>>;
  /** Records of the ledger that one import writes. */
  readonly records: number;
}

/** Fills a shop below `dir`, exports it, and imports it once without a cut. */
export async function carry(dir: string): Promise<Carried> {
  await makeShop(dir, (name) => disks[name] ?? Buffer.alloc(0));
  const world = await World.open(dir, join(dir, 'exporting'));
  const sender = await world.startSender();
  const { campaign } = await sender.daemon.beginExport({ project: undefined, servers: [] });
  await untilState(sender, 'ready');
  const pieces: Buffer[] = [];
  for await (const piece of sender.daemon.bundle({ campaign }, AbortSignal.timeout(60_000))) pieces.push(piece);
  await sender.stop();
  await world.close();
  const told = { dir, campaign, bundle: Buffer.concat(pieces), counts: {}, records: 0 };
  return inPlace(told, 'once', async (place) => {
    const life = place.live();
    await life.import(told.bundle);
    const { records } = life.power;
    await life.kill();
    return { ...told, counts: countsOf(await censusOf(place.destination)), records };
  });
}

/** A receiver in this process, for one life. */
interface Life {
  readonly power: Power;
  /** Imports a bundle; once so many bytes of it were read, `onRead` is called and no more come. */
  import(bundle: Buffer, cut?: { readonly atByte: number; readonly onRead: () => void }): Promise<void>;
  kill(): Promise<void>;
}

/** A destination of its own, and the state of its receiver. */
export interface Place {
  readonly destination: Cloud;
  readonly state: string;
  /** Starts the receiver; its power may be cut before one of its ledger's records. */
  live(cutBefore?: number): Life;
}

/** Runs `work` at a fresh copy of the destination. */
async function inPlace<T>({ dir }: Pick<Carried, 'dir'>, name: string, work: (place: Place) => Promise<T>): Promise<T> {
  const folder = join(dir, name);
  const state = join(folder, 'receiver');
  await mkdir(state, { recursive: true });
  await cp(join(dir, 'destination'), join(folder, 'destination'), { recursive: true });
  const destination = await openCloudAt(join(folder, 'destination'));
  destination.twin.faults.set(quotas);
  try {
    return await work({ destination, state, live: (cutBefore) => aLife(destination, state, cutBefore) });
  } finally {
    await destination.twin.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function aLife(destination: Cloud, state: string, cutBefore?: number): Life {
  const power = new Power(state, cutBefore);
  const cloud = lazily(() => openCloud('destination', sectionOf(destination)));
  const workers = new WorkerPool({ size: 1 });
  const images = { images: 'none', mostBytes: 0 } as const;
  const campaigns = new Campaigns(state, { cloud: cloud.get, workers, log, directIo: true, keptFor: null, images });
  const over = new AbortController();
  const importers: Importer[] = [];
  return {
    power,
    async import(bundle, cut) {
      const mappings = Mappings.parse({});
      const told = { bind: () => Promise.resolve(), tell: () => undefined };
      const importer = new Importer({ campaigns, cloud: cloud.get, state, mappings, signal: over.signal, ...told });
      importers.push(importer);
      await readBundle(piecesOf(bundle, cut), importer, over.signal);
    },
    async kill() {
      power.off();
      over.abort(new Error('The receiver is dead.'));
      await workers.close();
      // A dead process has no open files.
      for (const importer of importers) await importer.close();
      for (const id of await campaigns.ids()) {
        const { disks, ledger } = await campaigns.known(id);
        await disks.close();
        await ledger.close().catch(() => undefined);
      }
      await (await cloud.opened())?.close();
    },
  };
}

async function* piecesOf(bundle: Buffer, cut?: { readonly atByte: number; readonly onRead: () => void }): AsyncGenerator<Buffer> {
  const step = 64 * 1024;
  for (let at = 0; at < bundle.length; at += step) {
    if (cut !== undefined && at >= cut.atByte) {
      cut.onRead();
      await new Promise<never>(() => undefined);
    }
    yield bundle.subarray(at, at + step);
  }
}

/** Imports once more, with a receiver that lives. */
export async function importAgain(place: Place, bundle: Buffer): Promise<void> {
  const life = place.live();
  try {
    await life.import(bundle);
  } finally {
    await life.kill();
  }
}

/**
 * Imports with a receiver whose power is cut before a record of its ledger, and leaves it dead;
 * returns whether it was cut.
 */
export async function importUntilRecord(place: Place, bundle: Buffer, record: number): Promise<boolean> {
  const life = place.live(record);
  const wasCut = await cutOrThrough(life.power, life.import(bundle));
  await life.kill();
  return wasCut;
}

/** Imports with a receiver that dies a moment after so many bytes of the bundle were read. */
export async function importUntilByte(place: Place, bundle: Buffer, atByte: number): Promise<void> {
  const life = place.live();
  const { promise, resolve } = Promise.withResolvers<void>();
  const through = life.import(bundle, { atByte, onRead: resolve });
  through.catch(() => undefined);
  await Promise.race([promise, through]);
  await life.kill();
}

/** Every way in which a destination is not as one import leaves it. */
export async function flawsAfterImport({ destination }: Place, { counts }: Carried): Promise<string[]> {
  const census = await censusOf(destination);
  return [
    ...differing('counts', countsOf(census), counts),
    ...differing('servers', census.statuses, ['ACTIVE', 'ACTIVE']),
    ...differing('disks', Object.values(census.images).sort(), Object.values(disks).map(sha256).sort()),
  ];
}

/** Tries each number at a place of its own, some at once; returns what went wrong. */
export async function atEach(
  carried: Carried,
  numbers: readonly number[],
  work: (place: Place, number: number) => Promise<readonly string[]>,
): Promise<string[]> {
  const [wrong, left]: [string[], number[]] = [[], [...numbers]];
  const lane = async (): Promise<void> => {
    for (let number = left.shift(); number !== undefined; number = left.shift()) {
      const flaws = await inPlace(carried, `place-${number}`, (place) => work(place, number as number)).catch(
        (error: unknown) => [String(error)],
      );
      wrong.push(...flaws.map((flaw) => `${number}: ${flaw}`));
    }
  };
  await Promise.all(Array.from({ length: placesAtOnce }, lane));
  return wrong.slice(0, 20);
}
