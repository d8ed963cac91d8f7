import type { Command } from 'commander';
import { addCompletion } from '../../shared/cli/completion.ts';
import { doctor } from '../../shared/cli/doctor.ts';
import { initialise } from '../../shared/cli/init.ts';
import { cliOf, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { runDaemon } from '../../shared/cli/run.ts';
import { readReceiverConfig } from '../config.ts';
import { receiverClient } from '../control/client.ts';

/** Adds the commands that need no running daemon. What only they need is imported when they run. */
export function addDaemonCommands(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .description(
      'Write a configuration from the example, make the state directory, and say what to do next. Nothing is overwritten.',
    )
    .addHelpText('after', epilogue([['receiver init --config ./receiver.yaml', 'writes the example there']], [3]))
    .action(async function (this: Command) {
      const cli = cliOf(this, terminal);
      const example = new URL('../receiver.example.yaml', import.meta.url);
      await initialise(cli, example, async () => [(await readReceiverConfig(cli.configFile)).state]);
    });
  program
    .command('doctor')
    .description(
      'Check what a move needs on this side, and say how to mend what is wrong: machine, configuration, state, cloud, port.',
    )
    .addHelpText(
      'after',
      epilogue(
        [
          ['receiver doctor', 'works with and without a running daemon'],
          ['receiver doctor --json', 'prints every check for a script'],
        ],
        [3, 20],
      ),
    )
    .action(async function (this: Command) {
      const cli = cliOf(this, terminal);
      const { receiverChecks } = await import('../doctor.ts');
      await doctor(cli, async () => receiverChecks(await readReceiverConfig(cli.configFile)));
    });
  program
    .command('run')
    .description(
      'Run the daemon in the foreground, as systemd does. SIGTERM or Ctrl-C stops it in order; a second one ends it at once, which is safe. SIGHUP makes it read its configuration again.',
    )
    .addHelpText('after', epilogue([['receiver run --config ./receiver.yaml', 'runs with a configuration of your own']], [3]))
    .action(async function (this: Command) {
      const { configFile } = cliOf(this, terminal);
      await runDaemon({
        name: 'receiver',
        read: () => readReceiverConfig(configFile),
        reloadable: [],
        start: async (config, log) => (await import('../daemon.ts')).startReceiver(config, log),
      });
    });
  addCompletion(program, terminal, async (configFile) => {
    const daemon = receiverClient((await readReceiverConfig(configFile)).control);
    return (await daemon.status()).campaigns.map(({ id }) => id);
  });
}
