import { type Random, seededRandom } from '../../sender/ordering/math/random.ts';
import { chosenSeed } from '../support/seed.ts';
import type { Talk } from './guests.ts';

/** Printed with the results; `GODWIT_SEED=7 npm run test:traffic` repeats one. */
export const seed = chosenSeed(1);

/** Which guests talk with each other, and which belong together. */
export interface Shape {
  readonly name: string;
  readonly talks: readonly Talk[];
  readonly services: readonly (readonly number[])[];
}

/** Web asks app over TCP; app asks db over TCP, and tells it a little over UDP. */
function tiers(random: Random, web: readonly number[], app: readonly number[], db: readonly number[]): Talk[] {
  const ask = (from: number, to: number, port: number): Talk => ({
    from,
    to,
    port,
    protocol: 'tcp',
    requests: 8 + random.below(8),
    askedBytes: 1_000 + random.below(5_000),
    answeredBytes: 20_000 + random.below(40_000),
  });
  const tell = (from: number, to: number): Talk => ({
    from,
    to,
    port: 8125,
    protocol: 'udp',
    requests: 20 + random.below(20),
    askedBytes: 200 + random.below(1_000),
    answeredBytes: 100,
  });
  return [
    ...web.flatMap((one) => app.map((other) => ask(one, other, 8080))),
    ...app.flatMap((one) => db.flatMap((other) => [ask(one, other, 5432), tell(one, other)])),
  ];
}

/** The traffic of each service with the other: far less than inside. */
const inPassing: Talk = { from: 0, to: 3, port: 80, protocol: 'tcp', requests: 1, askedBytes: 200, answeredBytes: 300 };

/** The shapes that every collector observes. */
export const shapes: readonly Shape[] = [
  { name: 'web to app to db', talks: tiers(seededRandom(seed), [0], [1], [2]), services: [[0, 1, 2]] },
  {
    name: 'two services of three',
    talks: [...tiers(seededRandom(seed + 1), [0], [1], [2]), ...tiers(seededRandom(seed + 2), [3], [4], [5]), inPassing],
    services: [
      [0, 1, 2],
      [3, 4, 5],
    ],
  },
  {
    name: 'twelve servers, 2-4-6',
    talks: tiers(seededRandom(seed + 3), [0, 1], [2, 3, 4, 5], [6, 7, 8, 9, 10, 11]),
    services: [Array.from({ length: 12 }, (_, index) => index)],
  },
];
