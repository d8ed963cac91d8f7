// Measures what the analysis promises: `npm run bench:order > test/bench/order-results.txt`.
// Everything but the seconds follows from the seed; campaigns run on a simulated clock.

import { analyze } from '../../sender/ordering/analyze.ts';
import { tenantOf } from '../../sender/ordering/input/tenant.ts';
import { seededRandom, shuffled } from '../../sender/ordering/math/random.ts';
import { costOfWaves, proposeOrder } from '../../sender/ordering/order/propose.ts';
import { costsOfRandomOrders } from '../../sender/ordering/order/reference-orders.ts';
import type { OrderRequest, Proposal, ScheduledServer } from '../../sender/ordering/order/request.ts';
import { placeServers } from '../../sender/ordering/placement/place.ts';
import { fitSite } from '../../sender/ordering/prediction/fit.ts';
import { crossover, predict } from '../../sender/ordering/prediction/predict.ts';
import { analysisPage } from '../../sender/ordering/report/page.ts';
import { findServices } from '../../sender/ordering/services/find-services.ts';
import { bytesPerOlderUnit, importOlder } from '../../sender/ordering/traffic/import-older.ts';
import { trafficPairs } from '../../sender/ordering/traffic/pairs.ts';
import { aTieredService, someTraffic } from '../support/conversations.ts';
import { olderSample } from '../support/older-sample.ts';
import { aRandomQuestion, twoServices } from '../support/questions.ts';
import { equalLoads, oldSite, runOnSite } from '../support/simulated-site.ts';

const seed = 1;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const cell = (text: string | number, width: number): string => String(text).padStart(width);

say(
  `Order of a migration, seed ${seed}. Costs and downtimes are simulated and the same everywhere; seconds of a core are of the machine that ran it.`,
);

say('\n1. Heuristic against the exact order: random tenants, one after the other');
for (const size of [6, 9, 12, 15]) {
  const gaps = range(size > 12 ? 20 : 100).map((index) => {
    const question = aRandomQuestion(size, seed + 1000 * size + index, { restarts: 3 });
    return proposeOrder(question, 'heuristic').cost / proposeOrder(question, 'exact').cost - 1;
  });
  say(
    `${cell(size, 5)} servers, ${cell(gaps.length, 3)} tenants: mean gap ${percent(mean(gaps))}, worst ${percent(Math.max(...gaps))}`,
  );
}

say('\n2. Large tenants: 1,000 servers, 20,000 pairs (heuristic; the bound is proved, the optimum lies between)');
const large = (services: number): OrderRequest => {
  const random = seededRandom(seed);
  const servers = range(1000).map((i) => ({ id: `s${i}`, downMs: 100 * (100 + random.below(3000)) }));
  const size = 1000 / services;
  const inside = (i: number): number => Math.floor(i / size) * size + random.below(size);
  const pairs = range(20_000).map((e) => {
    const i = random.below(1000);
    const near = services > 1 && e % 20 > 0;
    return {
      a: `s${i}`,
      b: `s${near ? inside(i) : random.below(1000)}`,
      bytes: near ? 1e6 + random.below(1e6) : 1 + random.below(1e5),
    };
  });
  return {
    servers,
    pairs,
    services:
      services > 1 ? range(services).map((n) => ({ name: `${n}`, servers: range(size).map((i) => `s${n * size + i}`) })) : [],
  };
};
for (const [name, question] of [
  ['100 services of 10, some talk across', large(100)],
  ['one random graph, no services', large(1)],
  ['100 services, 4 at once, waves of 40, 1 h apart', { ...large(100), parallel: 4, limits: { servers: 40 }, gapMs: 3_600_000 }],
] as [string, OrderRequest][]) {
  const start = process.cpuUsage();
  const { cost, bound, waves } = proposeOrder(question);
  const used = process.cpuUsage(start);
  const took = ((used.user + used.system) / 1e6).toFixed(1);
  const random = seededRandom(seed);
  const others = range(10).map(
    () =>
      costOfWaves(question, [
        shuffled(
          question.servers.map(({ id }) => id),
          random,
        ),
      ]).cost,
  );
  say(
    `${name}: cost ${cost.toFixed(0)}, bound ${bound.toFixed(0)}, mean of 10 random orders ${mean(others).toFixed(0)}; ${waves.length} waves; ${took} s of one core`,
  );
}

say('\n3. Service downtime on the simulated clock: proposal against 1,000 random orders');
const downtime = (question: OrderRequest, schedule: readonly ScheduledServer[]): number =>
  mean(
    (question.services ?? []).map(({ servers }) => {
      const own = schedule.filter(({ id }) => servers.includes(id));
      return (Math.max(...own.map(({ upAtMs }) => upAtMs)) - Math.min(...own.map(({ downAtMs }) => downAtMs))) / 1000;
    }),
  );
const inWaves = (ids: readonly string[], size: number): string[][] =>
  range(Math.ceil(ids.length / size)).map((n) => ids.slice(n * size, (n + 1) * size));
const randomly = (question: OrderRequest, waveSize: number): number => {
  const random = seededRandom(seed);
  return mean(
    range(1000).map(() =>
      downtime(
        question,
        costOfWaves(
          question,
          inWaves(
            shuffled(
              question.servers.map(({ id }) => id),
              random,
            ),
            waveSize,
          ),
        ).schedule,
      ),
    ),
  );
};
const row = (name: string, proposal: Proposal, question: OrderRequest, waveSize: number, against = question): void => {
  const own = downtime(question, proposal.schedule);
  const others = randomly(against, waveSize);
  say(
    `${name.padEnd(66)} ${cell(own.toFixed(0), 6)} s against ${cell(others.toFixed(0), 6)} s: ${percent(1 - own / others)} less`,
  );
};
const tiers = aTieredService('shop', [2, 4, 6]);
const other = aTieredService('mail', [1, 2, 3]);
const found = someTraffic(...tiers.lines, ...other.lines, 'shop-a1 > mail-a1 25 9000');
const ids = [...tiers.ids, ...other.ids];
const shapes: [string, OrderRequest, number][] = [
  ['two services of 3', twoServices(), 3],
  [
    '2-4-6 and 1-2-3, services found in traffic',
    {
      servers: ids.map((id) => ({ id, downMs: 120_000 })),
      pairs: trafficPairs(found),
      services: findServices(
        found,
        ids.map((id) => ({ id, name: id })),
      ),
    },
    12,
  ],
  ['four random services among 12', { ...aRandomQuestion(12, 42), before: [] }, 4],
];
for (const [name, question, size] of shapes) {
  const all = question.servers.length;
  row(`${name}, one after the other`, proposeOrder(question), question, all);
  const wide = { ...question, parallel: size };
  row(`${name}, ${size} at once, in waves of ${size}`, proposeOrder({ ...wide, limits: { servers: size } }), wide, size);
  const nightly = { ...wide, limits: { servers: size }, gapMs: 86_400_000 };
  row(`${name}, ${size} at once, a wave of ${size} a night`, proposeOrder(nightly), nightly, size);
  row(
    `${name}, proposed order and mode against one after the other`,
    proposeOrder({ ...wide, limits: { servers: size } }),
    wide,
    all,
    question,
  );
}
say(
  'One after the other a service of m is down for m moves at best; in random order among n equal ones for (n+1)(m-1)/(m+1)+1 on average:',
);
say(
  '3 of 6: 3 against 4.5 moves, so no order can be more than 33.3 % better in that mode. With 3 at once (the link being free): 1 against 1.9.',
);

say(
  'The rows above let a server take as long beside others as alone. Played on a site with a 100 Mbit/s link and seeking disks, two services of 3:',
);
for (const bytes of [1e7, 1e8, 1e9]) {
  const question = twoServices();
  const loads = question.servers.map(({ id }) => ({ id, sentBytes: bytes, diskBytes: 2 * bytes }));
  const measured = (waves: readonly (readonly string[])[], parallel: number, noise: number): number => {
    const { servers } = runOnSite(oldSite, loads, waves, parallel, noise);
    return downtime(
      question,
      servers.map(({ id, beganMs, endedMs }) => ({ id, downAtMs: beganMs, upAtMs: endedMs })),
    );
  };
  const { waves } = proposeOrder({ ...question, parallel: 3, limits: { servers: 3 } });
  const random = seededRandom(seed);
  const orders = range(1000).map(() =>
    shuffled(
      question.servers.map(({ id }) => id),
      random,
    ),
  );
  const own = mean(range(20).map((noise) => measured(waves, 3, noise)));
  const alone = mean(orders.map((order, noise) => measured([order], 1, noise)));
  const beside = mean(orders.map((order, noise) => measured(inWaves(order, 3), 3, noise)));
  say(
    `${cell(bytes / 1e6, 5)} MB a server: ${own.toFixed(0)} s; random, one after the other ${alone.toFixed(0)} s (${percent(1 - own / alone)} less); random, 3 at once ${beside.toFixed(0)} s (${percent(1 - own / beside)} less)`,
  );
}

say('\n4. Capacity placement');
const sample = importOlder(olderSample);
const placed = placeServers({ servers: sample.servers, hosts: sample.hosts, pairs: trafficPairs(sample.traffic) });
say(
  `older sample: ${placed.crossBytes / bytesPerOlderUnit} of ${placed.totalBytes / bytesPerOlderUnit} kbit/s between hosts, ${placed.method}`,
);

say(
  '\n5. Prediction on the simulated site (100 Mbit/s, seeking disks, 6 % noise): fitted to 1, 2, 4, 8, 12 servers, link rate measured',
);
const errors: number[] = [];
for (const site of range(6)) {
  const lengthOf = (count: number, parallel: number, noise: number) => {
    const { loads, waves } = equalLoads(count);
    return runOnSite(oldSite, loads, waves, parallel, 1000 * (seed + site) + noise);
  };
  const history = [1, 2, 4, 8, 12].flatMap((count) =>
    [1, 3, count].map((parallel) => lengthOf(count, parallel, 100 * count + parallel)),
  );
  const model = fitSite(history, undefined, oldSite.link);
  const row = [3, 6, 10, 14, 16].flatMap((count) =>
    [1, 4, count].map((parallel) => {
      const { loads, waves } = equalLoads(count);
      const measured = Math.max(...lengthOf(count, parallel, 7 * count + parallel).servers.map(({ endedMs }) => endedMs));
      return predict(model, loads, [], { name: 'm', waves, parallel }).lengthMs.value / measured - 1;
    }),
  );
  errors.push(...row);
  const { at } = crossover(model, { sentBytes: 1e9, diskBytes: 2 * 2 ** 30 });
  say(
    `site ${site + 1}: worst error ${percent(Math.max(...row.map(Math.abs)))}; one after the other is quicker than all at once from ${at} servers on`,
  );
}
say(
  `unseen 3, 6, 10, 14, 16 servers, sequential, 4 at once, all at once: mean error ${percent(mean(errors.map(Math.abs)))}, worst ${percent(Math.max(...errors.map(Math.abs)))} of ${errors.length}`,
);

say('\n6. All that `sender analyze` does: services, order and mode, 1,000 random orders, prediction, page');
const seconds = (work: () => void): string => {
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return ((used.user + used.system) / 1e6).toFixed(1);
};
const big = large(100);
for (const [name, lines] of [
  ['12 servers, one service of 2-4-6', tiers.lines],
  ['105 servers in 15 services', range(15).flatMap((n) => aTieredService(`s${n}`, [2, 3, 2], 10 ** (3 + (n % 5))).lines)],
  [
    '1,000 servers, 20,000 pairs, 100 services',
    [...new Map(big.pairs.map(({ a, b, bytes }) => [`${a} > ${b} 80`, `${a} > ${b} 80 ${bytes}`])).values()],
  ],
] as [string, string[]][]) {
  const tenant = tenantOf({ traffic: someTraffic(...lines), documents: [], plan: null, older: [] });
  const none = { limits: {}, gapMs: 0, before: [], together: [], weights: {}, services: [], history: [], hosts: [] };
  let page = '';
  let found: ReturnType<typeof analyze> | undefined;
  const whole = seconds(() => {
    found = analyze(tenant, { ...none, seed });
    page = analysisPage(found);
  });
  const question: OrderRequest = {
    servers: tenant.servers.map(({ id }) => ({ id, downMs: 300_000 })),
    pairs: found?.pairs ?? [],
  };
  const random = seconds(() => costsOfRandomOrders(question, 1_000, seed));
  const mode = `${found?.prediction.mode}, ${found?.comparison.method}`;
  say(
    `${name}: ${mode}; ${whole} s of one core, of which 1,000 random orders ${random} s; page of ${Math.ceil(page.length / 1024)} KiB`,
  );
}
