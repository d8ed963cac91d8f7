import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readText } from '../../shared/cli/file.ts';
import { positive, seconds } from '../../shared/cli/number-option.ts';
import { type Example, epilogue, type Stage } from '../../shared/cli/program.ts';
import { Problem } from '../../shared/problem.ts';
import type { CampaignStatus } from '../control/commands.ts';
import { type Asking, asks } from './ask.ts';
import { statusLines } from './campaign-view.ts';
import { candidates, chooseCampaign, latestCampaign } from './choose-campaign.ts';
import { showConcerns } from './show-concerns.ts';
import { watchCampaign, watchStatus } from './watch.ts';

interface MigrateChoice {
  readonly order?: string;
  readonly parallel?: number;
  readonly delay?: number;
  readonly probe?: string;
  readonly watch?: true;
}

interface CommitChoice {
  readonly deleteSource?: true;
  readonly yes?: true;
  readonly watch?: true;
}

/** Adds the commands that start and steer campaigns: migrate, status, pause, resume, cancel, commit, rollback. */
export function addCampaignCommands(program: Command, stage: Stage): void {
  addMigrate(program, stage);
  addStatus(program, stage);
  addSteering(program, stage);
  addCommit(program, stage);
}

function addMigrate(program: Command, stage: Stage): void {
  program
    .command('migrate')
    .description(
      'Start a campaign from a plan: the network side first, then its servers in order. The daemon carries it on by itself.',
    )
    .argument('<plan>', 'the file that `sender plan` wrote and you have read')
    .option('--order <servers>', 'ids or names, separated by commas: these first, in this order')
    .option('--parallel <n>', 'servers on their way at once inside a wave', positive(16))
    .option('--delay <seconds>', 'wait so long between two servers', seconds)
    .option('--probe <probe>', 'how servers without a probe of their own show that they work: tcp:PORT, http:PORT/PATH, ping')
    .option('--watch', 'stay and show the progress until the campaign is ready or has failed')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender migrate plan.yaml --watch', 'starts and shows the campaign; Ctrl-C leaves it running'],
          ['sender migrate plan.yaml --probe ping', 'measures from outside how long each server does not answer'],
          ['sender migrate plan.yaml --order db,app-1 --parallel 2', 'overrides the plan’s own order and parallelism'],
        ],
        [3, 10, 11, 20, 21, 22, 30, 40, 41],
      ),
    )
    .action(
      asks(stage, async (asking, file: string, { order, parallel, delay, probe, watch }: MigrateChoice) => {
        const names = order
          ?.split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '');
        const options = { order: names, parallel, delaySeconds: delay, probe };
        const { campaign, concerns } = await asking.daemon.migrate(await readText(file), resolve(file), options);
        if (!asking.json) showConcerns(concerns, asking.output);
        if (watch) await watchCampaign(asking, campaign);
        else if (asking.json) asking.output.json({ campaign, concerns });
        else asking.output.print(`Campaign ${campaign} has started. Follow it with \`sender status --watch\`.`);
      }),
    );
}

function addStatus(program: Command, stage: Stage): void {
  program
    .command('status')
    .description('Show the receiver and every campaign: what moves, how far it is, what stands in the way.')
    .argument('[campaign]', 'only this one, by the beginning of its id')
    .option('--watch', 'stay and show what changes; with --json one object per line')
    .addHelpText(
      'after',
      epilogue(
        [
          ['sender status --watch', 'redraws on a terminal, prints one line per change elsewhere'],
          ['sender status --json | jq .campaigns[0].state', 'asks for one word'],
        ],
        [3],
      ),
    )
    .action(
      asks(stage, async (asking, wanted: string | undefined, { watch }: { watch?: true }) => {
        if (watch) return await watchStatus(asking, wanted);
        const { daemon, output, json } = asking;
        const status = await daemon.status();
        const only = wanted === undefined ? undefined : latestCampaign(status.campaigns, wanted);
        if (json) output.json(only ?? status);
        else output.print(...statusLines(status, output, only?.id));
      }),
    );
}

type Steering = 'pause' | 'resume' | 'cancel' | 'rollback';

const steering: Readonly<Record<Steering, { readonly says: string; readonly example: string; readonly watched?: true }>> = {
  pause: {
    says: 'Start no further server of a campaign; those that are down arrive, so that no downtime is prolonged. `sender resume` goes on.',
    example: 'halts the only campaign that moves',
  },
  resume: {
    says: 'Go on with a campaign that was paused or has failed, from where it was.',
    example: 'goes on with the only one that can',
    watched: true,
  },
  cancel: {
    says: 'Stop a campaign and take back what is not moved to its end: source servers we stopped run again. Moved servers stay moved.',
    example: 'cancels the only campaign under way',
  },
  rollback: {
    says: 'Take a whole campaign back: start the source servers again, and remove exactly what it created at the destination.',
    example: 'takes the only uncommitted campaign back',
    watched: true,
  },
};

function addSteering(program: Command, stage: Stage): void {
  for (const [name, { says, example, watched }] of Object.entries(steering) as [Steering, (typeof steering)[Steering]][]) {
    const command = steer(program.command(name), says, [[`sender ${name}`, example]]);
    if (watched) watchable(command);
    command.action(
      asks(stage, async (asking, wanted: string | undefined, { watch }: { watch?: true }) => {
        const { campaigns } = await asking.daemon.status();
        const campaign = chooseCampaign(campaigns, wanted, candidates[name]);
        await showOutcome(asking, await asking.daemon[name](campaign), watch);
      }),
    );
  }
}

function addCommit(program: Command, stage: Stage): void {
  const command = steer(
    program.command('commit'),
    'End the way back: our snapshots go, and the source servers stay stopped, tagged and locked; or are deleted, on request.',
    [
      ['sender commit', 'commits the only campaign that is ready'],
      ['sender commit --delete-source --yes', 'and deletes the moved servers at the source'],
    ],
  );
  watchable(command)
    .option('--delete-source', 'delete the moved servers at the source instead of locking them')
    .option('--yes', 'needed with --delete-source: deletion cannot be taken back')
    .action(
      asks(stage, async (asking, wanted: string | undefined, { deleteSource, yes, watch }: CommitChoice) => {
        if (deleteSource && !yes) {
          throw new Problem('E_USAGE', 'Deleting the source servers cannot be taken back.', {
            hint: 'Add --yes if you are sure.',
          });
        }
        const { campaigns } = await asking.daemon.status();
        const campaign = chooseCampaign(campaigns, wanted, candidates.commit);
        await showOutcome(asking, await asking.daemon.commit(campaign, { deleteSource: deleteSource === true }), watch);
      }),
    );
}

function steer(command: Command, says: string, examples: readonly Example[]): Command {
  return command
    .description(says)
    .argument('[campaign]', 'its id, or the beginning of it; may be left out when only one is meant')
    .addHelpText('after', epilogue(examples, [3, 10, 20, 22, 40]));
}

function watchable(command: Command): Command {
  return command.option('--watch', 'stay and show the progress until it is done or has failed');
}

/** Says what the campaign does now, or follows it to its rest; a failure on the way becomes the command's own. */
async function showOutcome(asking: Asking, campaign: CampaignStatus, watch?: true): Promise<void> {
  const { output, json } = asking;
  if (watch) await watchCampaign(asking, campaign.id);
  else if (json) output.json(campaign);
  else output.print(`Campaign ${campaign.id}: ${campaign.state}. ${campaign.says}`);
}
