import type { Command } from 'commander';
import type { AnyCommand } from '../control/command.ts';

/** Adds the command line of a registered command: name and help come from the registry. */
export function offer<N extends string>(program: Command, commands: Readonly<Record<N, AnyCommand>>, name: N): Command {
  return program.command(name).description(commands[name].does);
}

/** What a command does, as the help of the option that asks for it. */
export function optionText({ does }: AnyCommand): string {
  return `${does.charAt(0).toLowerCase()}${does.slice(1).replace(/\.$/, '')}`;
}
