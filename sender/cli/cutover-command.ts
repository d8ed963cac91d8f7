import type { Command } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { visible } from '../../shared/print/text.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';
import { chooseServers } from './choose-campaign.ts';

/** Adds `cutover`: it ends the wait of servers that are copied while they run. */
export function addCutoverCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'cutover')
    .argument('[campaign]', 'its id, or the beginning of it; may be left out when only one is meant')
    .argument('[servers...]', 'names, ids or beginnings of ids; without any, every server that waits for its cutover')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender cutover', 'cuts over whatever waits in the only campaign that moves'],
          ['sender cutover db', 'cuts over one server, of the only campaign that moves it'],
          ['sender cutover 7c0a db web-1', 'cuts over two servers, also while their rounds still go on'],
        ],
        exitsOf(senderCommands.status, senderCommands.cutover),
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, wanted: string | undefined, named: readonly string[]) => {
        const { campaigns } = await daemon.status();
        const words = wanted === undefined ? [] : [wanted, ...named];
        const { campaign: chosen, servers } = chooseServers(campaigns, words, 'cutover');
        const campaign = await daemon.cutover({ campaign: chosen.id, servers });
        if (json) output.json(campaign);
        else {
          const which = servers.length === 0 ? 'Every server that waits' : servers.map(visible).join(', ');
          output.print(`Campaign ${campaign.id}: told to cut over now: ${which}.`);
        }
      }),
    );
}
