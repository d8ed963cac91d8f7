import { explore } from '../explore.ts';
import { scenarioOf } from '../scenarios/all.ts';

/**
 * Explores scenarios in the tree it lies in until one breaks, and prints how: `mutant.ts SEED
 * NAME…`.
 */
const [, , seed = '1', ...names] = process.argv;
for (const name of names) {
  const { broken } = await explore(scenarioOf(name), { seed: Number(seed), mostBroken: 1 }).catch((error: Error) => ({
    broken: [`${name}: ${error.message}`],
  }));
  if (broken[0] !== undefined) {
    process.stdout.write(`${broken[0]}\n`);
    break;
  }
}
process.exit(0);
