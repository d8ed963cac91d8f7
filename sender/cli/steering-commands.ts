import type { Command } from 'commander';
import { confirm, confirmable } from '../../shared/cli/confirm.ts';
import { type Example, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { exitsOf, offer } from '../../shared/cli/registered-command.ts';
import { campaignStates, isSettled } from '../campaign/campaign-states.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import { senderCommands } from '../control/registry.ts';
import { asks, type SenderAsking } from './ask.ts';
import { stateText } from './campaign-view.ts';
import { chooseCampaign } from './choose-campaign.ts';
import { commitEffects, rollbackEffects } from './effects.ts';
import { watchCampaign, watchedExits } from './watch.ts';

interface Watching {
  readonly watch?: true;
}

interface RollbackChoice extends Watching {
  readonly yes?: true;
  readonly keep?: readonly string[];
  readonly giveUp?: readonly string[];
}

interface CommitChoice extends Watching {
  readonly deleteSource?: true;
  readonly yes?: true;
  readonly keep?: readonly string[];
}

type Steering = 'pause' | 'resume' | 'cancel';

/** The commands that `--watch` makes stay until the campaign rests. */
const canBeWatched: ReadonlySet<string> = new Set(['resume', 'commit', 'rollback']);

/** Adds the commands that hold a campaign and let it go on: pause, resume. */
export function addSteeringCommands(program: Command, terminal: Terminal): void {
  addSteering(program, terminal, 'pause', 'pauses the only campaign that moves');
  watchable(addSteering(program, terminal, 'resume', 'continues the only campaign that can'));
}

/** Adds the commands that end a campaign: commit, rollback, cancel. */
export function addEndingCommands(program: Command, terminal: Terminal): void {
  addCommit(program, terminal);
  addRollback(program, terminal);
  addSteering(program, terminal, 'cancel', 'cancels the only campaign under way');
}

function addSteering(program: Command, terminal: Terminal, name: Steering, does: string): Command {
  return campaignCommand(program, name, [[`sender ${name}`, does]]).action(
    asks(terminal, async (asking, wanted: string | undefined, { watch }: Watching) => {
      const { campaigns } = await asking.daemon.status();
      const { id: campaign } = chooseCampaign(campaigns, wanted, name);
      await showOutcome(asking, await asking.daemon[name]({ campaign }), watch);
    }),
  );
}

function addRollback(program: Command, terminal: Terminal): void {
  const command = campaignCommand(program, 'rollback', [
    ['sender rollback', 'asks, then undoes the only campaign that is not committed'],
    ['sender rollback --keep db --yes', 'undoes the campaign of db, which stays at the destination; does not ask'],
  ]);
  watchable(confirmable(command))
    .option('--keep <servers...>', 'leave these servers, and what they stand on, at the destination for good')
    .option('--give-up <servers...>', 'remove these servers at the destination even if they cannot run at the source again')
    .action(
      asks(terminal, async (asking, wanted: string | undefined, { watch, yes, ...excepted }: RollbackChoice) => {
        const { keep = [], giveUp = [] } = excepted;
        const { campaigns } = await asking.daemon.status();
        const campaign = chooseCampaign(campaigns, wanted, 'rollback', [...keep, ...giveUp]);
        if (isPossible(campaign, 'rollback'))
          await confirm(asking, yes, rollbackEffects(campaign, keep, giveUp), 'Roll it back?');
        await showOutcome(asking, await asking.daemon.rollback({ campaign: campaign.id, ...excepted }), watch);
      }),
    );
}

function addCommit(program: Command, terminal: Terminal): void {
  const command = campaignCommand(program, 'commit', [
    ['sender commit', 'asks, then commits the only campaign that is ready'],
    ['sender commit --delete-source --yes', 'deletes the moved servers at the source; does not ask'],
    ['sender commit 7c0a --keep web-1', 'commits, and leaves one source server as it is'],
  ]);
  watchable(confirmable(command))
    .option('--delete-source', 'delete the moved servers at the source instead of locking them')
    .option('--keep <servers...>', 'leave these source servers as they are, neither locked nor deleted')
    .action(
      asks(terminal, async (asking, wanted: string | undefined, { deleteSource, yes, watch, ...excepted }: CommitChoice) => {
        const { keep = [] } = excepted;
        const { campaigns } = await asking.daemon.status();
        const campaign = chooseCampaign(campaigns, wanted, 'commit', keep);
        if (isPossible(campaign, 'commit'))
          await confirm(asking, yes, commitEffects(campaign, deleteSource === true, keep), 'Commit it?');
        const wish = { campaign: campaign.id, deleteSource: deleteSource === true, ...excepted };
        await showOutcome(asking, await asking.daemon.commit(wish), watch);
      }),
    );
}

/** Whether there is something to ask: what the daemon refuses is not asked about first. */
function isPossible({ state }: CampaignStatus, command: 'commit' | 'rollback'): boolean {
  return campaignStates[state].rests === 'failed' || campaignStates[state].allows.includes(command);
}

function campaignCommand(program: Command, name: Steering | 'commit' | 'rollback', examples: readonly Example[]): Command {
  return offer(program, senderCommands, name)
    .argument('[campaign]', 'its id, or the beginning of it; may be left out when only one is meant')
    .addHelpText(
      'after',
      epilogue(examples, [...exitsOf(senderCommands[name]), ...(canBeWatched.has(name) ? watchedExits : [])]),
    );
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
    output.print(`Campaign ${campaign.id}: ${stateText(campaign, '. ')}${follow}`);
  }
}
