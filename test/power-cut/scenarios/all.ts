import type { Scenario } from '../scenario.ts';
import { archive } from './archive.ts';
import { bundle } from './bundle.ts';
import { digests } from './digests.ts';
import { disks } from './disks.ts';
import { faults } from './faults.ts';
import { images } from './images.ts';
import { journal } from './journal.ts';
import { kept } from './kept.ts';
import { keys } from './keys.ts';
import { killed } from './killed.ts';
import { orphans } from './orphans.ts';
import { receiver } from './receiver.ts';
import { sender } from './sender.ts';
import { spool } from './spool.ts';

/** Every scenario, by its name. */
export const scenarios: readonly Scenario[] = [
  journal,
  keys,
  sender,
  archive,
  receiver,
  digests,
  spool,
  disks,
  orphans,
  kept,
  images,
  bundle,
  ...killed,
  ...faults,
];

/** The scenario of a name. */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`There is no scenario ${name}.`);
  return found;
}
