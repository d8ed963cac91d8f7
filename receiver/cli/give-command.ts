import type { Command } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import { visible } from '../../shared/print/text.ts';
import { receiverCommands } from '../control/registry.ts';
import { asks } from './ask.ts';

/** Adds the command that hands a campaign to another sender. */
export function addGive(program: Command, terminal: Terminal): void {
  offer(program, receiverCommands, 'give')
    .argument('<campaign>', 'its id, or the beginning of it')
    .argument('<sender>', 'its name or fingerprint, as `receiver peers` shows it')
    .option('--yes', 'needed: the sender can then undo or end the campaign')
    .addHelpText(
      'after',
      epilogue([['receiver give 7c0a cloud-a --yes', 'cloud-a, paired anew, continues campaign 7c0a…']], [2, 3, 40]),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, campaign: string, peer: string, { yes }: { readonly yes?: true }) => {
        const given = await daemon.give({ campaign, peer, sure: yes === true });
        if (json) output.json(given);
        else output.print(`Campaign ${given.campaign} belongs to ${visible(given.peer)}. There, \`sender resume\` continues it.`);
      }),
    );
}
