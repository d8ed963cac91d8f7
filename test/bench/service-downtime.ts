/**
 * Measures with whole daemons what the proposed order is worth, in some ten minutes: `npm run
 * bench:downtime > test/bench/service-downtime.txt`. Only the orders come from the seed.
 */
import { downtimeOf, raceOf, saysOfRace, tableOfRace } from '../support/race.ts';
import { ways } from '../support/two-services.ts';

const seed = 1;
const draws = 8;
const pace = 1;
const say = (line = ''): void => void process.stdout.write(`${line}\n`);
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

say(
  `Two services of three servers, moved by two daemons between two embedded clouds; seed ${seed}, ${draws} random orders a mode.`,
);
say(
  'Downtime of a service, from the report of each campaign: its first server asked to stop until its last one is up at the destination.',
);
say(
  'Stop, snapshot and build take the embedded clouds 2.8 s a server; every campaign is verified, taken back, and followed by the next.',
);
const races = await Promise.all(ways.map((way) => raceOf(way, draws, seed, pace)));
for (const race of races) for (const line of ['', saysOfRace(race), ...tableOfRace(race)]) say(line);
const [sequential, ...others] = races;
say();
const alone = downtimeOf(sequential?.random ?? []);
for (const { way, proposed } of others) {
  const together = downtimeOf(proposed);
  say(
    `Order and mode together: ${together.toFixed(1)} s as proposed ${way.name}, against ${alone.toFixed(1)} s in random order one after the other, as plans are without an analysis: ${percent(1 - together / alone)} less.`,
  );
}
