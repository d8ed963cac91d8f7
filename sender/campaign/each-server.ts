import { asProblem, Problem } from '../../shared/problem.ts';
import type { Move } from '../migration/move.ts';
import { isInterrupted, type StepTools, workSignal } from './step.ts';

/**
 * Does the same to some servers, one after the other; one that fails holds up no other, and all
 * failures are thrown as one problem at the end. `fails` goes on: `2 of 34 servers …`.
 */
export async function forEachServer(
  moves: readonly Move[],
  tools: StepTools,
  fails: string,
  work: (move: Move) => Promise<void>,
): Promise<void> {
  const failed: { readonly name: string; readonly problem: Problem }[] = [];
  for (const move of moves) {
    try {
      await work(move);
    } catch (error) {
      // What ends the whole step is no failure of this server.
      if (isInterrupted(tools) || workSignal(tools).aborted) throw error;
      failed.push({ name: move.server.name, problem: asProblem(error) });
    }
  }
  const [first] = failed;
  if (first === undefined) return;
  const { problem } = first;
  if (failed.length === 1) throw problem;
  const each = failed.map(({ name, problem: { message } }) => `${name}: ${message}`).join(' ');
  const says = `${failed.length} of ${moves.length} servers ${fails}. ${each}`;
  throw new Problem(problem.code, says, { hint: problem.hint, cause: problem });
}
