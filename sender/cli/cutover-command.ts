import type { Command } from 'commander';
import { epilogue, type Stage } from '../../shared/cli/program.ts';
import { asks } from './ask.ts';
import { candidates, chooseCampaign } from './choose-campaign.ts';

/** Adds `cutover`: the operator's word for servers that are copied while they run. */
export function addCutoverCommand(program: Command, stage: Stage): void {
  program
    .command('cutover')
    .description(
      'Stop servers that are copied while they run, and move them to their end: now, whatever the plan waits for. A round under way ends first.',
    )
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
      asks(stage, async ({ daemon, output, json }, wanted: string | undefined, servers: readonly string[]) => {
        const { campaigns } = await daemon.status();
        const campaign = await daemon.cutover(chooseCampaign(campaigns, wanted, candidates.cutover), servers);
        if (json) output.json(campaign);
        else output.print(`Campaign ${campaign.id}: ${campaign.says}`);
      }),
    );
}
