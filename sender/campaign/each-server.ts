import { asProblem } from '../../shared/problem.ts';
import type { Move } from '../migration/move.ts';
import { type Failure, throwAll } from './failures.ts';
import { isInterrupted, type StepTools, workSignal } from './step.ts';

/**
 * Runs the same work for several servers in turn; a failure stops no other, and all are thrown as
 * one problem at the end. `fails` ends its sentence: `2 of 34 servers …`.
 */
export async function forEachServer(
  moves: readonly Move[],
  tools: StepTools,
  fails: string,
  work: (move: Move) => Promise<void>,
): Promise<void> {
  const failed: Failure[] = [];
  for (const move of moves) {
    try {
      await work(move);
    } catch (error) {
      // An error that ends the whole step is not a failure of this server.
      if (isInterrupted(tools) || workSignal(tools).aborted) throw error;
      failed.push({ name: move.server.name, problem: asProblem(error) });
    }
  }
  throwAll(failed, `of ${moves.length} servers ${fails}`);
}
