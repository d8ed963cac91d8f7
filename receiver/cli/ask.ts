import type { Command } from 'commander';
import { type Cli, cliOf, type Stage } from '../../shared/cli/program.ts';
import type { ReceiverCommands } from '../commands.ts';
import { readReceiverConfig } from '../config.ts';
import { receiverClient } from '../control.ts';

/** What a command of the receiver works with: its output and options, and the daemon. */
export interface Asking extends Cli {
  readonly daemon: ReceiverCommands;
}

/** Makes a command's action that asks the running daemon; its arguments are those of the command, then its options. */
export function asks<A extends unknown[]>(stage: Stage, act: (asking: Asking, ...given: A) => Promise<void>) {
  return async function (this: Command, ...given: unknown[]): Promise<void> {
    const cli = cliOf(this, stage);
    const { control } = await readReceiverConfig(cli.configFile);
    await act({ ...cli, daemon: receiverClient(control) }, ...(given as A));
  };
}
