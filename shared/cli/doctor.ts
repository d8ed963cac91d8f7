import type { Output } from '../print/output.ts';
import { visible } from '../print/text.ts';
import { asProblem, hintAt, type Problem, type ProgramName } from '../problem.ts';
import type { Cli } from './program.ts';

/**
 * What a check found: all is well, or something to know with what to do. A fault is thrown as a
 * Problem.
 */
type Finding = { readonly says: string; readonly remedy?: string | undefined };

/** One question that `doctor` asks of this machine, the clouds or the peer. */
export interface Check {
  readonly name: string;
  readonly ask: (signal: AbortSignal) => Promise<Finding>;
  /** Names of checks that must be well before this one makes sense. */
  readonly needs?: readonly string[] | undefined;
}

/** The outcome of one check, as it is printed. */
export interface CheckOutcome {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly says: string;
  readonly remedy?: string | undefined;
  readonly problem?: Problem | undefined;
}

/** How long one check may take. */
const checkMs = 30_000;

/**
 * Runs every check and prints each outcome as it is known; a check that fails does not stop the
 * others. The exit status is that of the first failure.
 */
export async function doctor(cli: Cli, side: ProgramName, configured: () => Promise<readonly Check[]>): Promise<void> {
  const { output, json, signal } = cli;
  const outcomes: CheckOutcome[] = [];
  const note = (outcome: CheckOutcome): void => {
    outcomes.push(outcome);
    if (!json) output.print(...linesOf(outcome, output));
  };
  let checks: readonly Check[] = [];
  const read = async (): Promise<Finding> => {
    checks = await configured();
    return { says: `${cli.configFile} can be read and has no faults` };
  };
  note(await outcomeOf({ name: 'config', ask: read }, side, outcomes, signal));
  for (const check of checks) note(await outcomeOf(check, side, outcomes, signal));
  const exit = outcomes.find((outcome) => outcome.problem !== undefined)?.problem?.exit ?? 0;
  if (json) output.json({ checks: outcomes, exit });
  process.exitCode = exit;
}

async function outcomeOf(
  check: Check,
  side: ProgramName,
  before: readonly CheckOutcome[],
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const { name } = check;
  const isUnwell = (need: string): boolean =>
    before.some((one) => one.name === need && (one.state === 'fail' || one.state === 'skipped'));
  const missing = check.needs?.find(isUnwell);
  if (missing !== undefined) return { name, state: 'skipped', says: `skipped, because ${missing} is not well` };
  try {
    const { says, remedy } = await check.ask(AbortSignal.any([signal, AbortSignal.timeout(checkMs)]));
    return remedy === undefined ? { name, state: 'ok', says } : { name, state: 'warn', says, remedy };
  } catch (thrown) {
    const problem = asProblem(thrown);
    return { name, state: 'fail', says: problem.message, remedy: hintAt(side, problem), problem };
  }
}

const styles = { ok: 'green', warn: 'yellow', fail: 'red', skipped: 'dim' } as const;

function linesOf({ name, state, says, remedy }: CheckOutcome, output: Output): string[] {
  const word = output.style(styles[state], state.padEnd(7));
  const [first = '', ...more] = says.split('\n').map(visible);
  return [
    `${word} ${name.padEnd(10)} ${first}`,
    ...more.map((line) => `${' '.repeat(19)}${line}`),
    ...(remedy === undefined ? [] : [`${' '.repeat(19)}${output.style('dim', `→ ${visible(remedy)}`)}`]),
  ];
}
