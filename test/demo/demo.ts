import { join } from 'node:path';
import { showBytes } from '../../shared/print/units.ts';
import { type Cloud, openPlayground, type Playground } from '../playground/playground.ts';
import type { Stage } from '../playground/stage.ts';
import { ask, cliShown, type WrittenConfig } from '../support/daemons.ts';
import { commitMove, planMove, reportOn } from './campaign.ts';
import type { Check } from './compare.ts';
import { inventoryLine, type Narrator, showPlan, showProof, showTotals } from './narrator.ts';
import { portraitOf } from './portrait.ts';
import { lookAt, type Proof, prove, proveCommit } from './proof.ts';

/** What the demo found, and the report it leaves. */
export interface Shown {
  readonly proof: Proof;
  /** The source after the commit; empty where the proof did not hold and nothing was committed. */
  readonly committed: readonly Check[];
  readonly holds: boolean;
  /** The page of the campaign, for a browser. */
  readonly page: string;
}

/** Who reports what happens, and where the live progress is drawn. */
export interface DemoOutput {
  readonly narrator: Narrator;
  readonly progress: 'terminal' | 'stderr';
}

/**
 * Moves a whole tenant between two embedded clouds and proves that it arrived; throws if the move
 * fails.
 */
export async function runDemo(stage: Stage, { narrator, progress }: DemoOutput): Promise<Shown> {
  const { dir } = stage;
  const { heading } = narrator;
  heading('Two clouds, a shop of three tiers in one, and two daemons paired with a one-time code');
  const playground = await openPlayground(stage);
  const { west, east, sender } = playground;
  await showPlayground(narrator, playground);

  heading('The plan: sender plan --project shop -o plan.yaml');
  const planned = await planMove(sender, join(dir, 'plan.yaml'));
  showPlan(narrator, planned);

  heading('The migration: sender migrate plan.yaml --order "db primary" --watch');
  const before = await lookAt(west);
  const code = await cliShown(sender, ['migrate', planned.file, '--order', 'db primary', '--watch'], progress);
  if (code !== 0) throw new Error(`The migration ended with exit status ${code}.`);
  const report = await reportOn(sender);

  heading('The proof');
  const proof = await prove(west, east, before, report);
  showProof(narrator, proof);

  heading('The numbers: sender report');
  showTotals(narrator, report);

  const committed = proof.holds ? await commit(sender, west, narrator) : [];
  const page = join(dir, 'report.html');
  await ask(sender, ['report', '--html', page]);
  const holds = proof.holds && committed.every(({ differs }) => differs === null);
  return { proof, committed, holds, page };
}

async function showPlayground({ say }: Narrator, { west, east, made }: Playground): Promise<void> {
  say(
    `west      ${west.twin.authUrl}`,
    `          ${inventoryLine(await portraitOf(west.user))};`,
    `          disks of ${showBytes(made.diskBytes)}, ${showBytes(made.writtenBytes)} of it written`,
    `east      ${east.twin.authUrl}   an empty project`,
    'sender    knows only west',
    'receiver  knows only east',
    'From now on the daemons trust each other’s keys and nobody else.',
  );
}

async function commit(sender: WrittenConfig, west: Cloud, { heading, say, tick }: Narrator): Promise<readonly Check[]> {
  heading('The commit: sender commit');
  say('Until here `sender rollback` would have started the servers in west again and emptied east.');
  await commitMove(sender);
  const checks = await proveCommit(west);
  const wrong = checks.filter(({ differs }) => differs !== null);
  const name = 'the servers in west stay stopped, locked and marked as moved; our snapshots are gone';
  if (wrong.length === 0) tick({ kind: 'source', name, differs: null });
  for (const check of wrong) tick({ ...check, name: `${check.kind} ${check.name}` });
  return checks;
}
