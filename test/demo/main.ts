import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { processOutput } from '../../shared/print/output.ts';
import { Endings } from '../support/endings.ts';
import { runDemo, type Shown } from './demo.ts';
import { lookNext, welcome } from './look-next.ts';
import { narrator } from './words.ts';

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, help: { type: 'boolean' } },
});
const output = processOutput();

/** Runs the demo and ends everything it started, however it goes. Resolves with the exit status. */
async function main(): Promise<number> {
  const tell = narrator(output, values.json);
  const dir = await mkdtemp(join(tmpdir(), 'godwit-demo-'));
  // Commands start twice as fast when Node keeps what it compiled.
  process.env['NODE_COMPILE_CACHE'] = join(dir, 'cache');
  const endings = new Endings();
  const interrupted = Promise.withResolvers<never>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.reject(new Error(`The demo was interrupted by ${signal}.`)));
  let shown: Shown | undefined;
  try {
    tell.say(...welcome);
    const stage = { dir, endings, narrator: tell, progress: values.json ? 'stderr' : 'terminal' } as const;
    shown = await Promise.race([runDemo(stage), interrupted.promise]);
  } catch (error) {
    output.tell('', output.style('red', error instanceof Error ? error.message : String(error)));
    if (values.keep) output.tell(`What the daemons and clouds wrote is in ${dir}/*.log.`);
  } finally {
    await endings.run();
    if (!values.keep) await sweep(dir, shown === undefined ? [] : ['report.html']);
  }
  if (shown === undefined) return 1;
  tell.heading('Where to look next');
  tell.say(...lookNext(shown, dir, values.keep));
  tell.say('', shown.holds ? 'Everything holds. Nothing was left running.' : 'NOT everything holds: see the lines marked ✗.');
  if (values.json) output.json({ holds: shown.holds, proof: shown.proof, committed: shown.committed });
  return shown.holds ? 0 : 1;
}

/** Removes the demo's folder but for the named files. */
async function sweep(dir: string, keep: readonly string[]): Promise<void> {
  for (const name of await readdir(dir)) if (!keep.includes(name)) await rm(join(dir, name), { recursive: true, force: true });
  if (keep.length === 0) await rm(dir, { recursive: true, force: true });
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
