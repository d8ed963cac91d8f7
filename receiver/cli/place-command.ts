import type { Command } from 'commander';
import { confirm, confirmable } from '../../shared/cli/confirm.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { firstFew } from '../../shared/first-few.ts';
import { receiverCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** How many things that are gone are named before the question. */
const mostNamed = 10;

/** Adds the command that notes where a campaign of an earlier release builds. */
export function addPlace(program: Command, terminal: Terminal): void {
  confirmable(offer(program, receiverCommands, 'place'))
    .argument('<campaign>', 'its id, or the beginning of it')
    .addHelpText(
      'after',
      epilogue(
        [['receiver place 7c0a --yes', 'campaign 7c0a… builds in the project of the credentials; its rollback goes on']],
        exitsOf(receiverCommands.place),
      ),
    )
    .action(
      asks(terminal, async (asking, campaign: string, { yes }: { readonly yes?: true }) => {
        const { daemon, output, json } = asking;
        const { campaign: id, place, gone } = await daemon.place({ campaign, sure: false });
        const lost = gone.length === 0 ? 'nothing is gone' : `${gone.length} are gone: ${firstFew(gone, mostNamed)}`;
        const effects = [`Let the campaign ${id} build and remove in ${place}. Of what it built there ${lost}.`];
        await confirm(asking, yes, effects, 'Is it the project in which it was begun?');
        const noted = await daemon.place({ campaign: id, sure: true });
        if (json) return output.json(noted);
        output.print(`Campaign ${noted.campaign} builds in ${noted.place}. Its owner has removed there:`, ...noted.gone);
      }),
    );
}
