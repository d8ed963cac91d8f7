import { openSync, writeSync } from 'node:fs';
import { scenarioOf } from './scenarios/all.ts';

/** One process of a scenario, to be recorded: `life.ts SCENARIO NUMBER STATE SAID`. */
const [, , name = '', number = '', state = '', said = ''] = process.argv;
const file = openSync(said, 'a');
await scenarioOf(name).lives[Number(number)]?.(state, (text) => void writeSync(file, `${text}\n`));
process.exit(0);
