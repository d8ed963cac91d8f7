import { join } from 'node:path';
import { showBytes } from '../../shared/print/units.ts';
import { ask, cliShown } from '../support/daemons.ts';
import type { Endings } from '../support/endings.ts';
import { commitMove, planMove, reportOn } from './campaign.ts';
import type { Check } from './compare.ts';
import { portraitOf } from './portrait.ts';
import { lookAt, type Proof, prove, proveCommit } from './proof.ts';
import { type Cloud, type Pair, startClouds, startPair } from './scene.ts';
import { makeTenant } from './tenant.ts';
import { inventoryLine, type Narrator, tellPlan, tellProof, tellTotals } from './words.ts';

/** What the demo leaves to look at. */
export interface Shown {
  readonly proof: Proof;
  /** The source after the commit; empty where the proof did not hold and nothing was committed. */
  readonly committed: readonly Check[];
  readonly holds: boolean;
  readonly clouds: readonly Cloud[];
  readonly pair: Pair;
  /** The page of the campaign, for a browser. */
  readonly page: string;
}

/** Where and how the demo runs. */
export interface Stage {
  /** An empty folder for everything it makes. */
  readonly dir: string;
  readonly endings: Endings;
  readonly narrator: Narrator;
  /** Where the live progress is drawn. */
  readonly progress: 'terminal' | 'stderr';
}

/** Moves a whole tenant between two embedded clouds and proves that it arrived. Throws where the move itself fails. */
export async function runDemo({ dir, endings, narrator, progress }: Stage): Promise<Shown> {
  const { heading, say } = narrator;
  heading('Two clouds');
  const { west, east } = await startClouds(dir, endings);
  say(`west   ${west.twin.authUrl}   making a shop of three tiers in it, disks and all …`);
  const made = await makeTenant(west.user, dir);
  say(
    `       ${inventoryLine(await portraitOf(west.user))};`,
    `       disks of ${showBytes(made.diskBytes)}, ${showBytes(made.writtenBytes)} of it written`,
  );
  say(`east   ${east.twin.authUrl}   an empty project`);

  heading('Two daemons, paired with a one-time code');
  const pair = await startPair(dir, west, east, endings);
  say('sender    knows only west', 'receiver  knows only east', 'From now on they trust each other’s keys and nobody else.');

  heading('The plan: sender plan --project shop -o plan.yaml');
  const planned = await planMove(pair.sender, join(dir, 'plan.yaml'));
  tellPlan(narrator, planned);

  heading('The migration: sender migrate plan.yaml --order "db primary" --watch');
  const before = await lookAt(west);
  const code = await cliShown(pair.sender, ['migrate', planned.file, '--order', 'db primary', '--watch'], progress);
  if (code !== 0) throw new Error(`The migration ended with exit status ${code}.`);
  const report = await reportOn(pair.sender);

  heading('The proof');
  const proof = await prove(west, east, before, report);
  tellProof(narrator, proof);

  heading('The numbers: sender report');
  tellTotals(narrator, report);

  const committed = proof.holds ? await commit(pair, west, narrator) : [];
  const page = join(dir, 'report.html');
  await ask(pair.sender, ['report', '--html', page]);
  const holds = proof.holds && committed.every(({ differs }) => differs === null);
  return { proof, committed, holds, clouds: [west, east], pair, page };
}

async function commit({ sender }: Pair, west: Cloud, { heading, say, tick }: Narrator): Promise<readonly Check[]> {
  heading('The end of the way back: sender commit');
  say('Until here `sender rollback` would have started the servers in west again and emptied east.');
  await commitMove(sender);
  const checks = await proveCommit(west);
  const wrong = checks.filter(({ differs }) => differs !== null);
  const name = 'the servers in west stay stopped, locked and marked as moved; our snapshots are gone';
  if (wrong.length === 0) tick({ kind: 'source', name, differs: null });
  for (const check of wrong) tick({ ...check, name: `${check.kind} ${check.name}` });
  return checks;
}
