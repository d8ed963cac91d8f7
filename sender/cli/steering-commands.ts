import type { Command } from 'commander';
import { type Example, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { offer } from '../../shared/cli/registered-command.ts';
import { Problem } from '../../shared/problem.ts';
import { isSettled } from '../campaign/campaign-states.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import { senderCommands } from '../control/registry.ts';
import { asks, type SenderAsking } from './ask.ts';
import { chooseCampaign } from './choose-campaign.ts';
import { watchCampaign } from './watch.ts';

interface CommitChoice {
  readonly deleteSource?: true;
  readonly yes?: true;
  readonly watch?: true;
  readonly keep?: readonly string[];
}

interface SteeringChoice {
  readonly watch?: true;
  readonly keep?: readonly string[];
  readonly giveUp?: readonly string[];
}

type Steering = 'pause' | 'resume' | 'cancel' | 'rollback';

/** Adds the commands that hold a campaign and let it go on: pause, resume. */
export function addSteeringCommands(program: Command, terminal: Terminal): void {
  addSteering(program, terminal, 'pause', 'pauses the only campaign that moves');
  watchable(addSteering(program, terminal, 'resume', 'continues the only campaign that can'));
}

/** Adds the commands that end a campaign: commit, rollback, cancel. */
export function addEndingCommands(program: Command, terminal: Terminal): void {
  addCommit(program, terminal);
  watchable(addSteering(program, terminal, 'rollback', 'undoes the only campaign that is not committed'))
    .option('--keep <servers...>', 'leave these servers, and what they stand on, at the destination for good')
    .option('--give-up <servers...>', 'remove these servers at the destination even if they cannot run at the source again');
  addSteering(program, terminal, 'cancel', 'cancels the only campaign under way');
}

function addSteering(program: Command, terminal: Terminal, name: Steering, does: string): Command {
  return campaignCommand(program, name, [[`sender ${name}`, does]]).action(
    asks(terminal, async (asking, wanted: string | undefined, { watch, ...excepted }: SteeringChoice) => {
      const { campaigns } = await asking.daemon.status();
      const campaign = chooseCampaign(campaigns, wanted, name);
      await showOutcome(asking, await asking.daemon[name]({ campaign, ...excepted }), watch);
    }),
  );
}

function addCommit(program: Command, terminal: Terminal): void {
  const command = campaignCommand(program, 'commit', [
    ['sender commit', 'commits the only campaign that is ready'],
    ['sender commit --delete-source --yes', 'and deletes the moved servers at the source'],
    ['sender commit 7c0a --keep web-1', 'commits, and leaves one source server as it is'],
  ]);
  watchable(command)
    .option('--delete-source', 'delete the moved servers at the source instead of locking them')
    .option('--keep <servers...>', 'leave these source servers as they are, neither locked nor deleted')
    .option('--yes', 'needed with --delete-source: deleted servers cannot be brought back')
    .action(
      asks(terminal, async (asking, wanted: string | undefined, { deleteSource, yes, watch, ...excepted }: CommitChoice) => {
        if (deleteSource && !yes) {
          throw new Problem('E_USAGE', 'Deleting the source servers cannot be undone.', {
            hint: 'Add --yes if you are sure.',
          });
        }
        const { campaigns } = await asking.daemon.status();
        const campaign = chooseCampaign(campaigns, wanted, 'commit');
        const committed = await asking.daemon.commit({ campaign, deleteSource: deleteSource === true, ...excepted });
        await showOutcome(asking, committed, watch);
      }),
    );
}

function campaignCommand(program: Command, name: Steering | 'commit', examples: readonly Example[]): Command {
  return offer(program, senderCommands, name)
    .argument('[campaign]', 'its id, or the beginning of it; may be left out when only one is meant')
    .addHelpText('after', epilogue(examples, [3, 10, 20, 22, 40]));
}

function watchable(command: Command): Command {
  return command.option('--watch', 'stay and show the progress until it is done or has failed');
}

/**
 * Prints what the campaign does now, or shows it until it rests; its failure becomes the command's
 * own.
 */
async function showOutcome(asking: SenderAsking, campaign: CampaignStatus, watch?: true): Promise<void> {
  const { output, json } = asking;
  if (watch) await watchCampaign(asking, campaign.id);
  else if (json) output.json(campaign);
  else {
    const follow = isSettled(campaign.state) ? '' : ' Follow it with `sender status --watch`.';
    output.print(`Campaign ${campaign.id}: ${campaign.state}. ${campaign.says}${follow}`);
  }
}
