import type { Command } from 'commander';
import { addDaemonCommandsOf } from '../../shared/cli/daemon-commands.ts';
import type { Terminal } from '../../shared/cli/program.ts';
import { readReceiverConfig } from '../config.ts';
import { receiverClient } from '../control/client.ts';

/** Adds the commands that need no running daemon. What only they need is imported when they run. */
export function addDaemonCommands(program: Command, terminal: Terminal): void {
  addDaemonCommandsOf(program, terminal, {
    name: 'receiver',
    example: new URL('../receiver.example.yaml', import.meta.url),
    readConfig: readReceiverConfig,
    folders: ({ state }) => [state],
    checked: 'port',
    exits: [3, 20, 41],
    checks: async (config) => (await import('../doctor.ts')).receiverChecks(config),
    reloadable: [],
    start: async (config, log) => (await import('../daemon.ts')).startReceiver(config, log),
    campaigns: async ({ control }) => (await receiverClient(control).status()).campaigns.map(({ id }) => id),
  });
}
