import { setTimeout as sleep } from 'node:timers/promises';
import { asProblem, Problem } from '../../../shared/problem.ts';
import { beginMigration, type SenderLife, type World } from '../../support/in-process.ts';
import { type Spoil, SpoilingProxy, ways } from '../../support/spoiling-proxy.ts';
import { flawsAfterMigration, flawsAfterRollback, inWorld, type Yardstick } from '../power-cut/worlds.ts';

/** The cloud whose calls are spoilt. */
export type Side = 'source' | 'destination';

/** One spoilt call: of which cloud, the how-manieth, and how. */
export interface Place {
  readonly side: Side;
  readonly at: number;
  readonly how: Spoil;
}

/** What one whole campaign with a spoilt call shows. */
export interface Told extends Place {
  /** The call, as `METHOD /path`; null where so many were not made. */
  readonly call: string | null;
  /** The problems at which an operator had to ask again. */
  readonly stops: readonly string[];
  readonly flaws: readonly string[];
}

/** How often an operator asks again. */
const patience = 4;
const limitMs = 150_000;

/**
 * Plans, migrates and takes back one small tenant, with one call of one cloud spoilt on the way;
 * `null` spoils none and tells which calls of each cloud there are.
 */
export async function campaignWith(
  yardstick: Yardstick,
  place: Place | null,
  name: string,
): Promise<{ told: Told; calls: Record<Side, readonly string[]> }> {
  return inWorld(yardstick.dir, name, async (world) => {
    const of = (side: Side) => (place?.side === side ? { at: place.at, how: place.how } : null);
    const proxies = {
      source: await SpoilingProxy.before(world.source.twin, of('source')),
      destination: await SpoilingProxy.before(world.destination.twin, of('destination')),
    };
    world.frontOf = (cloud) => proxies[cloud === world.source ? 'source' : 'destination'].authUrl;
    const stops: string[] = [];
    const flaws: string[] = [];
    world.startReceiver();
    const sender = await world.startSender();
    try {
      flaws.push(...(await thereAndBack(world, sender, yardstick, stops)));
    } catch (error) {
      flaws.push(`the campaign cannot end: ${asProblem(error).message}`);
    } finally {
      await sender.stop();
      await Promise.all([proxies.source.close(), proxies.destination.close()]);
    }
    const call = place === null ? null : proxies[place.side].struck;
    const told = { side: 'source' as const, at: -1, how: 'delay' as const, ...place, call, stops, flaws };
    return { told, calls: { source: proxies.source.calls, destination: proxies.destination.calls } };
  });
}

async function thereAndBack(world: World, sender: SenderLife, yardstick: Yardstick, stops: string[]): Promise<string[]> {
  const { daemon } = sender;
  const again = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        stops.push(codeOf(error));
        if (attempt >= patience) throw error;
      }
    }
  };
  // A migration that was begun although its answer is a problem is not begun again.
  const begun = async (): Promise<string> => (await daemon.status()).campaigns[0]?.id ?? (await beginMigration(sender));
  const campaign = await again(begun);
  await reached(sender, 'ready', () => daemon.resume({ campaign }), stops);
  const after = await flawsAfterMigration(world, yardstick);
  const takeBack = () => again(() => daemon.rollback({ campaign }));
  await takeBack();
  await reached(sender, 'rolled back', takeBack, stops);
  return [
    ...after.map((flaw) => `when ready: ${flaw}`),
    ...(await settledFlaws(world, yardstick)).map((flaw) => `after rollback: ${flaw}`),
  ];
}

/** A cloud may still be deleting what it was asked to. */
async function settledFlaws(world: World, yardstick: Yardstick): Promise<string[]> {
  for (let look = 0; ; look++) {
    const flaws = await flawsAfterRollback(world, yardstick);
    if (flaws.length === 0 || look > 10) return flaws;
    await sleep(100);
  }
}

/** Waits for a state; where the campaign stops with a problem, the operator asks again. */
async function reached(sender: SenderLife, wanted: string, again: () => Promise<unknown>, stops: string[]): Promise<void> {
  const end = performance.now() + limitMs;
  let asked = 0;
  for (;;) {
    const campaign = (await sender.daemon.status()).campaigns[0];
    if (campaign?.state === wanted) return;
    if (campaign?.state === 'failed' || (wanted === 'rolled back' && campaign?.state === 'ready' && campaign.problem != null)) {
      stops.push(campaign.problem?.code ?? 'no problem');
      asked += 1;
      if (asked > patience) throw new Error(`it stops again and again: ${JSON.stringify(campaign.problem)}`);
      await again();
    }
    if (performance.now() > end)
      throw new Error(`it is ${campaign?.state} and not ${wanted}: ${JSON.stringify(campaign?.problem)}`);
    await sleep(15);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Problem ? error.code : String(error);
}

/** Every place of a campaign whose unspoilt calls are given. */
export function placesIn(calls: Record<Side, readonly string[]>): Place[] {
  return (['source', 'destination'] as const).flatMap((side) =>
    calls[side].flatMap((_call, at) => ways.map((how) => ({ side, at, how }))),
  );
}

/**
 * Spoils one call after the other, each in a campaign and world of its own, several at once, until
 * `heard` says that it is enough.
 */
export async function spoilEach(
  yardstick: Yardstick,
  places: readonly Place[],
  worlds: number,
  heard: (told: Told, done: number) => 'over' | undefined,
): Promise<void> {
  let next = 0;
  let done = 0;
  let over = false;
  const lane = async (): Promise<void> => {
    for (let place = places[next++]; place !== undefined && !over; place = places[next++]) {
      const name = `${place.side}-${place.at}-${String(place.how).replace(' ', '-')}`;
      const told = await campaignWith(yardstick, place, name).then(
        (result) => result.told,
        (error: unknown): Told => ({ ...(place as Place), call: null, stops: [], flaws: [String(error)] }),
      );
      done += 1;
      over = heard(told, done) === 'over' || over;
    }
  };
  await Promise.all(Array.from({ length: worlds }, lane));
}
