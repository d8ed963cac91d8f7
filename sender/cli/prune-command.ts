import type { Command } from 'commander';
import { numberOf } from '../../shared/cli/number-option.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { countOf } from '../../shared/model/kind-words.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** Adds `prune`: it takes campaigns that are over out of the status. */
export function addPruneCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'prune')
    .option('--older-than <days>', 'only those that ended longer ago', numberOf(senderCommands.prune.params.shape.days))
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender prune', 'keeps only what is open in `sender status`'],
          ['sender prune --older-than 30', 'archives what ended more than thirty days ago'],
        ],
        exitsOf(senderCommands.prune),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, { olderThan = 0 }: { olderThan?: number }) => {
        const pruned = await daemon.prune({ days: olderThan });
        if (json) output.json({ archived: pruned.map(({ id }) => id) });
        else
          output.print(
            `${countOf('campaign', pruned.length)} archived.`,
            ...pruned.map(({ id, project, state }) => `  ${id}  ${project}  ${state}`),
          );
      }),
    );
}
