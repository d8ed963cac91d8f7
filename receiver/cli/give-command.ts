import type { Command } from 'commander';
import { confirm, confirmable } from '../../shared/cli/confirm.ts';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { visible } from '../../shared/print/text.ts';
import { receiverCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** Adds the command that hands a campaign to another sender. */
export function addGive(program: Command, terminal: Terminal): void {
  confirmable(offer(program, receiverCommands, 'give'))
    .argument('<campaign>', 'its id, or the beginning of it')
    .argument('<sender>', 'its name, or the beginning of its fingerprint, as `receiver peers` shows it')
    .addHelpText(
      'after',
      epilogue(
        [['receiver give 7c0a cloud-a --yes', 'cloud-a, paired anew, continues campaign 7c0a…']],
        exitsOf(receiverCommands.give),
      ),
    )
    .action(
      asks(terminal, async (asking, campaign: string, peer: string, { yes }: { readonly yes?: true }) => {
        const { daemon, output, json } = asking;
        const effects = [`Give the campaign ${campaign} to the sender ${peer}: that sender can then undo or end it.`];
        await confirm(asking, yes, effects, 'Give it?');
        const given = await daemon.give({ campaign, peer, sure: true });
        if (json) output.json(given);
        else output.print(`Campaign ${given.campaign} belongs to ${visible(given.peer)}. There, \`sender resume\` continues it.`);
      }),
    );
}
