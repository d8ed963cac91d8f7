import { type Command, Option } from 'commander';
import type { Selection } from '../../shared/cloud/cloud.ts';
import { Problem } from '../../shared/problem.ts';

/** What the options of `choosing` say. */
export interface Chosen {
  readonly project?: string;
  readonly server?: readonly string[];
  readonly all?: true;
}

/** Adds the options that choose servers. */
export function choosing(command: Command): Command {
  return command
    .addOption(new Option('--project <name>', 'the project, by name or id').conflicts('all'))
    .addOption(new Option('--server <name...>', 'only these servers, by name or id').conflicts('all'))
    .option('--all', 'everything the credentials reach in their own project');
}

/** The servers that were chosen. Throws E_USAGE where none were. */
export function selectionOf({ project, server, all }: Chosen): Selection {
  if (project === undefined && server === undefined && all === undefined) {
    throw new Problem('E_USAGE', 'Say what to take: --project NAME, --server NAME, or --all.');
  }
  return { project, servers: server ?? [] };
}
