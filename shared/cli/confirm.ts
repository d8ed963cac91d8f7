import type { Command } from 'commander';
import { visible } from '../print/text.ts';
import { Problem } from '../problem.ts';
import type { Cli } from './program.ts';
import { notAnswered } from './prompt.ts';

/** Adds the option by which a script answers the question of `confirm`. */
export function confirmable(command: Command): Command {
  return command.option('--yes', 'do not ask; needed where there is no terminal to ask on');
}

/**
 * Tells what a command that cannot be undone will do, and asks on the terminal. Throws E_CANCELLED
 * where the answer is no, and E_USAGE where nobody can be asked and `yes` is missing.
 */
export async function confirm(cli: Cli, yes: boolean | undefined, effects: readonly string[], question: string): Promise<void> {
  if (yes === true) return;
  if (cli.answer === undefined)
    throw new Problem('E_USAGE', [`This cannot be undone, and there is no terminal to ask on.`, ...effects].join('\n'), {
      hint: 'Add --yes if you mean it, or run the command on a terminal.',
    });
  cli.output.tell(...effects.map(visible));
  const answer = await cli.answer(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw notAnswered();
}
