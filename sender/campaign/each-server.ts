import { asProblem } from '../../shared/problem.ts';
import type { Move } from '../migration/move.ts';
import { type Failure, throwAll } from './failures.ts';
import { isInterrupted, type StepTools, workSignal } from './step.ts';

/**
 * Runs the same work for several servers in turn; a failure stops no other, and all are thrown as
 * one problem at the end. `fails` ends its sentence: `2 of 34 servers …`.
 */
export function forEachServer(
  moves: readonly Move[],
  tools: StepTools,
  fails: string,
  work: (move: Move) => Promise<void>,
): Promise<void> {
  const alone = moves.map((move) => ({ move, group: [move] }));
  return forEachOf(alone, tools, fails, ({ move }) => work(move));
}

/** The same for what moves together: with a group none of its servers has what was to be done. */
export function forEachGroup(
  groups: readonly Move[][],
  tools: StepTools,
  fails: string,
  work: (group: readonly Move[]) => Promise<void>,
): Promise<void> {
  const all = groups.map((group) => ({ group }));
  return forEachOf(all, tools, fails, ({ group }) => work(group));
}

async function forEachOf<T extends { readonly group: readonly Move[] }>(
  all: readonly T[],
  tools: StepTools,
  fails: string,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const failed: Failure[] = [];
  for (const one of all) {
    try {
      await work(one);
    } catch (error) {
      // An error that ends the whole step is not a failure of these servers.
      if (isInterrupted(tools) || workSignal(tools).aborted) throw error;
      failed.push({ name: one.group.map(({ server }) => server.name).join(', '), problem: asProblem(error) });
    }
  }
  throwAll(failed, `of ${all.flatMap(({ group }) => group).length} servers ${fails}`);
}
