import { seededRandom, shuffled } from '../../sender/ordering/math/random.ts';
import { costOfWaves } from '../../sender/ordering/order/propose.ts';
import { services, type Taken, TwoServices, type Waves, type Way } from './two-services.ts';

const names = services.flatMap(({ servers }) => servers);

/**
 * What was measured in one mode beside the model; as parts of a service's downtime in random order.
 */
export interface Race {
  readonly way: Way;
  /** Before, between and after the random ones: a machine that is busy for a while slows both. */
  readonly proposed: readonly Taken[];
  readonly random: readonly Taken[];
  readonly measured: number;
  /** The same, in units of what a server took on average in the same campaign. */
  readonly inServers: number;
  /** The same orders by the model, every server taking as long. */
  readonly modelled: number;
  /** The best of all orders, by the model: no order is better. */
  readonly possible: number;
  /** Whether the proposed order is as good as that. */
  readonly isBest: boolean;
}

/** Moves two services of three servers in the proposed order and in `draws` random ones. */
export async function raceOf(way: Way, draws: number, seed: number, pace: number): Promise<Race> {
  const random = seededRandom(seed);
  const orders = Array.from({ length: draws }, () => inWaves(way, shuffled(names, random)));
  const two = await TwoServices.open(pace);
  try {
    const waves = await two.proposed(way);
    const proposed: Taken[] = [];
    const taken: Taken[] = [];
    for (const [index, order] of orders.entries()) {
      if (index % Math.ceil(draws / 2) === 0) proposed.push(await two.move(way, waves));
      taken.push(await two.move(way, order));
    }
    proposed.push(await two.move(way, waves));
    return { way, proposed, random: taken, ...partsOf(way, proposed, taken) };
  } finally {
    await two.close();
  }
}

function partsOf(
  way: Way,
  proposed: readonly Taken[],
  random: readonly Taken[],
): Pick<Race, 'measured' | 'inServers' | 'modelled' | 'possible' | 'isBest'> {
  const model = modelOf(way, [...proposed, ...random]);
  const all = allOrders(names).map((order) => model(inWaves(way, order)));
  const best = Math.min(...all);
  const less = (part: (taken: Taken) => number): number => 1 - mean(proposed.map(part)) / mean(random.map(part));
  return {
    measured: less(({ downtime }) => downtime),
    inServers: less(({ downtime, servers }) => downtime / mean(servers.map(({ before, down }) => before + down))),
    modelled: less(({ waves }) => model(waves)),
    possible: 1 - best / mean(all),
    isBest: proposed.every(({ waves }) => model(waves) <= best),
  };
}

/**
 * Predicts mean service downtime in seconds if every server takes the average time of the
 * campaigns.
 */
function modelOf({ parallel }: Way, campaigns: readonly Taken[]): (waves: Waves) => number {
  const taken = campaigns.flatMap(({ servers }) => servers);
  const times = { beforeMs: 1000 * mean(taken.map(({ before }) => before)), downMs: 1000 * mean(taken.map(({ down }) => down)) };
  const equal = names.map((id) => ({ id, ...times }));
  return (waves) => costOfWaves({ servers: equal, pairs: [], services, parallel }, waves).serviceDowntimeSeconds;
}

/** Mean service downtime over some campaigns: seconds. */
export function downtimeOf(campaigns: readonly Taken[]): number {
  return mean(campaigns.map(({ downtime }) => downtime));
}

function inWaves({ waveSize }: Way, order: readonly string[]): Waves {
  return Array.from({ length: Math.ceil(order.length / waveSize) }, (_, n) => order.slice(n * waveSize, (n + 1) * waveSize));
}

function allOrders(some: readonly string[]): string[][] {
  if (some.length === 0) return [[]];
  return some.flatMap((first) => allOrders(some.filter((name) => name !== first)).map((rest) => [first, ...rest]));
}

/** The mean. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** The result in two sentences: what was measured, and what no order can beat. */
export function saysOfRace({ way, proposed, random, measured, inServers, possible }: Race): string {
  return [
    `Two services of 3, ${way.name}: a service was down for ${downtimeOf(proposed).toFixed(1)} s in the proposed order (${proposed.length} campaigns), ${downtimeOf(random).toFixed(1)} s on average in ${random.length} random ones, ${percent(measured)} less (${percent(inServers)} in units of what a server took).`,
    `In this mode no order can be more than ${percent(possible)} better than the mean of all 720${possible < 0.6 ? ': the graph allows no 60 %' : ''}.`,
  ].join(' ');
}

/** Each order with each service's downtime. */
export function tableOfRace({ proposed, random }: Race): string[] {
  const row = (what: string, { waves, services: each, downtime }: Taken): string => {
    const order = waves.map((wave) => wave.join(' ')).join(' | ');
    const times = each.map((seconds, n) => `${services[n]?.name} ${seconds.toFixed(1).padStart(5)} s`);
    return `${what.padEnd(10)} ${order.padEnd(40)} ${times.join('  ')}  mean ${downtime.toFixed(1).padStart(5)} s`;
  };
  return [...proposed.map((taken) => row('proposed', taken)), ...random.map((taken, n) => row(`random ${n + 1}`, taken))];
}
