import type { Cli } from '../../shared/cli/program.ts';
import type { Problem } from '../../shared/problem.ts';

/**
 * Ends a command that has a result though it may have failed: `print` shows the result to people,
 * and the problem is thrown; with --json both are one object, and the exit status is the problem's.
 */
export function endWithResult(
  { output, json }: Pick<Cli, 'output' | 'json'>,
  result: object,
  print: () => void,
  problem: Problem | undefined,
): void {
  if (!json) print();
  else output.json(problem === undefined ? result : { ...result, problem, exit: problem.exit });
  if (problem === undefined) return;
  if (!json) throw problem;
  process.exitCode = problem.exit;
}
