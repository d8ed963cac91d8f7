import type { Command } from 'commander';
import type { Log, LogLevel } from '../log.ts';
import type { ProgramName } from '../problem.ts';
import { addCompletion } from './completion.ts';
import { type Check, doctor } from './doctor.ts';
import type { ExitStatus } from './exit-codes.ts';
import { initialise } from './init.ts';
import { cliOf, epilogue, type Terminal } from './program.ts';
import { type RunningDaemon, runDaemon } from './run.ts';

/** What differs between the two daemons. What only one command needs is imported when it runs. */
export interface DaemonParts<C extends { readonly log: { readonly level: LogLevel } }> {
  readonly name: ProgramName;
  readonly example: URL;
  readonly readConfig: (file: string) => Promise<C>;
  /** The folders that `init` makes. */
  readonly folders: (config: C) => readonly string[];
  /** The last thing that `doctor` checks, and the exit codes of its failures. */
  readonly checked: string;
  readonly exits: readonly ExitStatus[];
  readonly checks: (config: C) => Promise<readonly Check[]>;
  /** The settings, or groups of them, that take effect without a restart; see `RunningDaemon`. */
  readonly reloadable: readonly string[];
  readonly start: (config: C, log: Log) => Promise<RunningDaemon<C>>;
  /** The ids of the campaigns of the running daemon, which completion offers. */
  readonly campaigns: (config: C) => Promise<readonly string[]>;
}

/** Adds the commands of a daemon that need it not to run. */
export function addDaemonCommandsOf<C extends { readonly log: { readonly level: LogLevel } }>(
  program: Command,
  terminal: Terminal,
  { name, example, readConfig, folders, checked, exits, checks, reloadable, start, campaigns }: DaemonParts<C>,
): void {
  program
    .command('init')
    .description(
      'Write a configuration from the example, make the state directory, and say what to do next. Nothing is overwritten.',
    )
    .addHelpText('after', epilogue([[`${name} init --config ./${name}.yaml`, 'writes the example there']], [3]))
    .action(async function (this: Command) {
      const cli = cliOf(this, terminal);
      await initialise(cli, example, async () => folders(await readConfig(cli.configFile)));
    });
  program
    .command('doctor')
    .description(
      `Check what a move needs on this side, and say how to mend what is wrong: machine, configuration, state, cloud, ${checked}.`,
    )
    .addHelpText(
      'after',
      epilogue(
        [
          [`${name} doctor`, 'works with and without a running daemon'],
          [`${name} doctor --json`, 'prints every check for a script'],
        ],
        exits,
      ),
    )
    .action(async function (this: Command) {
      const cli = cliOf(this, terminal);
      await doctor(cli, name, async () => checks(await readConfig(cli.configFile)));
    });
  program
    .command('run')
    .description(
      'Run the daemon in the foreground, as systemd does. SIGTERM or Ctrl-C stops it in order; a second one ends it at once, which is safe. SIGHUP makes it read its configuration again.',
    )
    .addHelpText('after', epilogue([[`${name} run --config ./${name}.yaml`, 'runs with a configuration of your own']], [3]))
    .action(async function (this: Command) {
      const { configFile } = cliOf(this, terminal);
      await runDaemon({ name, read: () => readConfig(configFile), reloadable, start });
    });
  addCompletion(program, terminal, async (configFile) => campaigns(await readConfig(configFile)));
}
