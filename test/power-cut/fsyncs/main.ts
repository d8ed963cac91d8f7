import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chosenSeed } from '../../support/seed.ts';
import { lacksStrace } from '../record/strace.ts';
import type { Scenario } from '../scenario.ts';
import { scenarios } from '../scenarios/all.ts';
import { faults } from '../scenarios/faults.ts';
import { reachedBy } from './reached.ts';
import { type Site, sitesIn } from './sites.ts';

const run = promisify(execFile);
const tree = join(import.meta.dirname, '../../..');
const seed = String(chosenSeed(1));
/** Mutants at a time. */
const lanes = 2;

const mutant = fileURLToPath(new URL('./mutant.ts', import.meta.url));

/** Parts of the tree that a mutant needs. */
const parts = ['protocol', 'receiver', 'sender', 'shared', 'test', 'package.json', 'tsconfig.json'];

/**
 * Takes out each fsync of the product, one at a time, in a copy of the tree, and names the promise
 * that a power cut then breaks. Ends with 1 where one can go without harm: `main.ts [PART OF
 * PATH…]`.
 */
async function main(): Promise<void> {
  const lacks = lacksStrace();
  if (lacks !== null) throw new Error(`The fsyncs cannot be tried: ${lacks}.`);
  const wanted = process.argv.slice(2);
  // The tree may be edited meanwhile.
  const base = await mkdtemp(join(tmpdir(), 'fsyncs-'));
  await copyTree(tree, base);
  const sites = sitesIn(base).filter(({ file }) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
  const tried = scenarios.filter((scenario) => !faults.includes(scenario));
  // Some scenarios are the same lives with another fault.
  const reach = new Map<Scenario['lives'], Set<Site>>();
  for (const scenario of tried) if (!reach.has(scenario.lives)) reach.set(scenario.lives, await reachedBy(base, scenario, sites));
  const survivors: Site[] = [];
  const queue = [...sites];
  const lane = async (): Promise<void> => {
    for (let site = queue.shift(); site !== undefined; site = queue.shift()) {
      const reaching = tried.filter(({ lives }) => reach.get(lives)?.has(site));
      const says = reaching.length === 0 ? '' : await without(base, site, reaching);
      if (says === '') survivors.push(site);
      const verdict = says === '' ? `NOTHING BREAKS (${reaching.length} scenarios run through it)` : says;
      process.stdout.write(`${site.file}:${site.line} ${site.text}\n    ${verdict}\n`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await rm(base, { recursive: true, force: true });
  process.stdout.write(
    `fsyncs: ${sites.length} taken out, ${sites.length - survivors.length} missed, ${survivors.length} not missed\n`,
  );
  process.exit(survivors.length === 0 ? 0 : 1);
}

/** Explores scenarios without a site; returns the first broken promise, or nothing. */
async function without(base: string, site: Site, reaching: readonly Scenario[]): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'mutant-'));
  try {
    await copyTree(base, copy);
    const source = await readFile(join(copy, site.file), 'utf8');
    await writeFile(join(copy, site.file), `${source.slice(0, site.from)}${site.without}${source.slice(site.to)}`);
    const program = [join(copy, relative(tree, mutant)), seed, ...reaching.map(({ name }) => name)];
    const { stdout } = await run(process.execPath, program, { timeout: 900_000, maxBuffer: 2 ** 24 });
    return stdout.trim();
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  for (const part of parts) await cp(join(from, part), join(to, part), { recursive: true });
  await symlink(join(tree, 'node_modules'), join(to, 'node_modules'));
}

await main();
