import type { Command } from 'commander';
import { epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import { senderCommands } from '../control/registry.ts';
import { asks } from './ask.ts';
import { chooseCampaign } from './choose-campaign.ts';

/** Adds `cutover`: it ends the wait of servers that are copied while they run. */
export function addCutoverCommand(program: Command, terminal: Terminal): void {
  offer(program, senderCommands, 'cutover')
    .argument('[campaign]', 'its id, or the beginning of it; may be left out when only one is meant')
    .argument('[servers...]', 'ids or names; without any, every server that waits for its cutover')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender cutover', 'cuts over whatever waits in the only campaign that moves'],
          ['sender cutover 7c0a db web-1', 'cuts over two servers, also while their rounds still go on'],
        ],
        [3, 40],
      ),
    )
    .action(
      asks(terminal, async ({ daemon, output, json }, wanted: string | undefined, servers: readonly string[]) => {
        const { campaigns } = await daemon.status();
        const chosen = chooseCampaign(campaigns, wanted, 'cutover');
        const campaign = await daemon.cutover({ campaign: chosen, servers });
        if (json) output.json(campaign);
        else output.print(`Campaign ${campaign.id}: ${campaign.says}`);
      }),
    );
}
