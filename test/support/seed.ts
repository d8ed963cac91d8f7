import { randomInt } from 'node:crypto';

/** The seed of what a test draws: `GODWIT_SEED`, else the usual one, else another in each run. */
export function chosenSeed(usual?: number): number {
  return Number(process.env['GODWIT_SEED'] ?? usual ?? randomInt(1, 1_000_000));
}
