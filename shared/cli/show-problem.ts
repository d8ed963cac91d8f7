import type { Output } from '../print/output.ts';
import { visible } from '../print/text.ts';
import { hintAt, type Problem, type ProgramName } from '../problem.ts';

/**
 * Shows why a command failed: on stderr for people, or on stdout as `{"problem": …}` with --json.
 */
export function showProblem(
  problem: Problem,
  output: Output,
  how: { readonly json: boolean; readonly program: ProgramName },
): void {
  if (how.json) {
    output.json({ problem: { ...problem.toJSON(), hint: hintAt(how.program, problem) }, exit: problem.exit });
    return;
  }
  const [first = '', ...more] = problem.message.split('\n').map(visible);
  output.tell(
    `${how.program}: ${first}`,
    ...more.map((line) => `  ${line}`),
    ...(problem.about === undefined || problem.message.includes(problem.about) ? [] : [`  about: ${visible(problem.about)}`]),
    ...causesOf(problem).map((cause) => `  cause: ${visible(cause)}`),
    `  hint:  ${visible(hintAt(how.program, problem))}`,
    `  code:  ${problem.code} (exit status ${problem.exit})`,
  );
}

/** The sentences below a problem's own, each once; a defect of ours shows where it happened. */
function causesOf(problem: Problem): string[] {
  if (problem.code === 'E_BUG') return (problem.cause instanceof Error ? problem.cause.stack : problem.stack)?.split('\n') ?? [];
  const causes: string[] = [];
  for (let cause = problem.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    const known = cause.message === '' || [problem.message, ...causes].some((said) => said.includes(cause.message));
    if (!known) causes.push(cause.message.split('\n', 1)[0] ?? '');
  }
  return causes;
}
