import type { Command } from 'commander';
import { addDaemonCommandsOf } from '../../shared/cli/daemon-commands.ts';
import type { Terminal } from '../../shared/cli/program.ts';
import { readSenderConfig } from '../config.ts';
import { senderClient } from '../control/client.ts';

/** Adds the commands that need no running daemon. What only they need is imported when they run. */
export function addDaemonCommands(program: Command, terminal: Terminal): void {
  addDaemonCommandsOf(program, terminal, {
    name: 'sender',
    example: new URL('../sender.example.yaml', import.meta.url),
    readConfig: readSenderConfig,
    folders: ({ state, spool }) => [state, spool],
    checked: 'receiver',
    exits: [3, 10, 11, 12, 20, 41],
    checks: async (config) => (await import('../doctor.ts')).senderChecks(config),
    reloadable: ['bandwidth', 'limits.parallel'],
    start: async (config, log) => (await import('../daemon.ts')).startSender(config, log),
    campaigns: async ({ control }) => (await senderClient(control).status()).campaigns.map(({ id }) => id),
  });
}
