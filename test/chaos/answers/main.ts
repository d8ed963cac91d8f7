import { ways } from '../../support/spoiling-proxy.ts';
import { forget, measure } from '../power-cut/worlds.ts';
import { campaignWith, placesIn, spoilEach, type Told } from './at-calls.ts';

// Spoils every call of whole campaigns in every way, one call in each campaign, and prints what
// came of it: `npm run test:answers -- [SHARE [WORLDS]]`, of which only every SHAREth.
const share = Number(process.argv[2] ?? 1);
const worlds = Number(process.argv[3] ?? 6);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const yardstick = await measure();
const { calls, told } = await campaignWith(yardstick, null, 'plain');
if (told.flaws.length > 0) throw new Error(`The tenant cannot even move unspoilt: ${told.flaws.join('; ')}`);
const all = placesIn(calls);
const places = all.filter((_place, index) => index % share === 0);
say(
  `${calls.source.length} calls of the source, ${calls.destination.length} of the destination; ${places.length} of ${all.length} campaigns`,
);

const began = performance.now();
const results: Told[] = [];
await spoilEach(yardstick, places, worlds, (result, done) => {
  results.push(result);
  if (result.flaws.length > 0) say(`FLAW ${JSON.stringify(result)}`);
  if (done % 100 === 0) say(`${done} of ${places.length}, ${Math.round((performance.now() - began) / 1000)} s`);
  return undefined;
});
await forget(yardstick);

for (const how of ways) {
  const those = results.filter((result) => result.how === how);
  const stopped = those.filter(({ stops }) => stops.length > 0);
  const codes = [...new Set(stopped.flatMap(({ stops }) => stops))].sort().join(', ');
  const flawed = those.filter(({ flaws }) => flaws.length > 0).length;
  say(
    `${how}: ${those.length} campaigns, ${stopped.length} stopped and went on${codes === '' ? '' : ` (${codes})`}, ${flawed} with flaws`,
  );
}
process.exitCode = results.some(({ flaws }) => flaws.length > 0) ? 1 : 0;
