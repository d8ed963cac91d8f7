import type { Command } from 'commander';
import type { AnyCommand } from '../control/command.ts';
import type { ExitStatus } from './exit-codes.ts';

/** Adds the command line of a registered command: name and help come from the registry. */
export function offer<N extends string>(program: Command, commands: Readonly<Record<N, AnyCommand>>, name: N): Command {
  return program.command(name).description(commands[name].does);
}

/**
 * The statuses with which a command line may end that asks for these commands, beside 0, 1 and 2:
 * the daemon may be away, and Ctrl-C or an answer of the operator may end it.
 */
export function exitsOf(...asked: readonly AnyCommand[]): ExitStatus[] {
  return [3, 41, ...asked.flatMap(({ exits = [] }) => exits)];
}

/** What a command does, as the help of the option that asks for it. */
export function optionText({ does }: AnyCommand): string {
  return `${does.charAt(0).toLowerCase()}${does.slice(1).replace(/\.$/, '')}`;
}
