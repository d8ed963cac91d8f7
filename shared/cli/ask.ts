import type { Command } from 'commander';
import { type Cli, cliOf, type Terminal } from './program.ts';

/** What a command works with that asks a running daemon: its output and options, and the daemon. */
export interface DaemonAsking<D> extends Cli {
  readonly daemon: D;
}

/**
 * Makes the action of a command that asks the running daemon; it is given arguments, then options.
 */
export type Asks<D> = <A extends unknown[]>(
  terminal: Terminal,
  act: (asking: DaemonAsking<D>, ...given: A) => Promise<void>,
) => (this: Command, ...given: unknown[]) => Promise<void>;

/** The `asks` of a program whose daemon is found through its configuration file. */
export function asksThrough<D>(daemonOf: (configFile: string) => Promise<D>): Asks<D> {
  return <A extends unknown[]>(terminal: Terminal, act: (asking: DaemonAsking<D>, ...given: A) => Promise<void>) =>
    async function (this: Command, ...given: unknown[]): Promise<void> {
      const cli = cliOf(this, terminal);
      await act({ ...cli, daemon: await daemonOf(cli.configFile) }, ...(given as A));
    };
}
