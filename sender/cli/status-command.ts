import type { Command } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer, optionText } from '../../shared/cli/registered-command.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';
import { mostEnded, statusLines } from './campaign-view.ts';
import { latestCampaign } from './choose-campaign.ts';
import { watchStatus } from './watch.ts';

/** Adds `status`: where everything stands, once or on and on. */
export function addStatusCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'status')
    .argument('[campaign]', 'only this one, by the beginning of its id')
    .option('--watch', optionText(senderCommands.watch))
    .option('--all', `show every campaign that has ended, too; otherwise the last ${mostEnded}`)
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender status --watch', 'redraws on a terminal, prints one line per change elsewhere'],
          ["sender status --json | jq -r '.campaigns[0].state'", 'asks for one word: open campaigns come first, newest first'],
        ],
        exitsOf(senderCommands.status, senderCommands.watch),
      ),
    )
    .action(
      asks(terminal, async (asking, wanted: string | undefined, { watch, all }: { watch?: true; all?: true }) => {
        if (watch) return await watchStatus(asking, wanted, all === true);
        const { daemon, output, json } = asking;
        const status = await daemon.status();
        const only = wanted === undefined ? undefined : latestCampaign(status.campaigns, wanted);
        if (json) output.json(only ?? status);
        else output.print(...statusLines(status, output, { only: only?.id, all }));
      }),
    );
}
