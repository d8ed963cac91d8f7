import { parseArgs } from 'node:util';
import { processOutput } from '../../shared/print/output.ts';
import { openPlayground, usualPace } from './playground.ts';
import { readyScreen, startAgain, welcome } from './screen.ts';
import { closeStage, keptLine, openStage } from './stage.ts';
import { readTour } from './tour.ts';

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    pace: { type: 'string', default: String(usualPace) },
    help: { type: 'boolean', default: false },
  },
});
const output = processOutput();

/** Runs the playground until it is interrupted. Resolves with the exit status. */
async function main(): Promise<number> {
  const begun = performance.now();
  const stage = await openStage('playground');
  const { dir, interrupted } = stage;
  let end: NodeJS.Signals | 'failure' = 'failure';
  output.print(...welcome);
  try {
    const opened = await Promise.race([openPlayground(stage, Number(values.pace)), interrupted]);
    if (typeof opened !== 'string') {
      const screen = readyScreen(opened, await readTour(), performance.now() - begun, values.keep, output.style);
      output.print(...screen);
    }
    end = await interrupted;
  } catch (error) {
    output.tell('', output.style('red', error instanceof Error ? error.message : String(error)));
  }
  const say = (...lines: readonly string[]): void => {
    // After a hangup the terminal is gone, and writing to it is an error.
    if (end !== 'SIGHUP') output.print(...lines);
  };
  say('', 'Stopping …');
  await closeStage(stage, values.keep ? 'all' : []);
  if (values.keep) say(await keptLine(dir), ...startAgain(dir));
  else say('Nothing was left running, and nothing was left behind.');
  return end === 'failure' ? 1 : 0;
}

if (values.help) {
  output.print(
    'npm run playground -- [--keep] [--pace X]',
    '',
    '  --keep    leave the state of both clouds and daemons in the folder, and say how to start them again',
    `  --pace X  how long the clouds take for what they do: 1 as real ones, 0 no time; ${usualPace} unless it is given`,
  );
} else process.exitCode = await main();
