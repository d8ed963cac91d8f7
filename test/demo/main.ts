import { parseArgs } from 'node:util';
import { processOutput } from '../../shared/print/output.ts';
import { closeStage, keptLine, openStage } from '../playground/stage.ts';
import { runDemo, type Shown } from './demo.ts';
import { lookNext, welcome } from './look-next.ts';
import { narratorOn } from './narrator.ts';

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, help: { type: 'boolean' } },
});
const output = processOutput();

/** Runs the demo and ends everything it started, however it goes. Resolves with the exit status. */
async function main(): Promise<number> {
  const narrator = narratorOn(output, values.json);
  const stage = await openStage('demo');
  const { dir } = stage;
  const interrupted = stage.interrupted.then((signal): never => {
    throw new Error(`The demo was interrupted by ${signal}.`);
  });
  let shown: Shown | undefined;
  try {
    narrator.say(...welcome);
    const demo = runDemo(stage, { narrator, progress: values.json ? 'stderr' : 'terminal' });
    shown = await Promise.race([demo, interrupted]);
  } catch (error) {
    output.tell('', output.style('red', error instanceof Error ? error.message : String(error)));
    if (values.keep) output.tell(`What the daemons and clouds wrote is in ${dir}/*.log.`);
  } finally {
    const report = shown === undefined ? [] : ['report.html'];
    await closeStage(stage, values.keep ? 'all' : report);
  }
  if (shown === undefined) return 1;
  narrator.heading('Where to look next');
  narrator.say(...lookNext(shown, dir, values.keep ? await keptLine(dir) : null));
  narrator.say('', shown.holds ? 'Everything holds. Nothing was left running.' : 'NOT everything holds: see the lines marked ✗.');
  if (values.json) output.json({ holds: shown.holds, proof: shown.proof, committed: shown.committed });
  return shown.holds ? 0 : 1;
}

if (values.help) {
  output.print(
    'npm run demo -- [--keep] [--json]',
    '',
    '  --keep  leave the state of both clouds and daemons in a folder, and say how to start them again',
    '  --json  print the proof as JSON on stdout; the story goes to stderr',
    '',
    'Exit status: 0 when every comparison holds, 1 otherwise.',
  );
} else process.exitCode = await main();
