import { setTimeout as sleep } from 'node:timers/promises';
import type { ExitStatus } from '../../shared/cli/exit-codes.ts';
import { asProblem, fromJson, Problem } from '../../shared/problem.ts';
import { campaignStates, isSettled } from '../campaign/campaign-states.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import type { SenderStatus } from '../control/commands/status.ts';
import { shortId } from '../report/server-names.ts';
import type { SenderAsking } from './ask.ts';
import { campaignView, statusLines } from './campaign-view.ts';
import { latestCampaign } from './choose-campaign.ts';
import { openLive } from './live.ts';

/** The statuses with which a command may end that shows a campaign until it rests. */
export const watchedExits: readonly ExitStatus[] = [3, 10, 11, 12, 20, 21, 22, 30, 40, 41];

/** How long a daemon may be away while it is watched: systemd restarts it after two seconds. */
const absenceMs = 60_000;

/**
 * Shows a campaign until it rests; its failure becomes the command's own. Ctrl-C leaves it running.
 */
export async function watchCampaign(asking: SenderAsking, id: string): Promise<void> {
  const { output, json } = asking;
  const live = openLive(output);
  for await (const status of statuses(asking)) {
    const campaign = status.campaigns.find((one) => one.id === id);
    if (campaign === undefined) throw new Problem('E_NOT_FOUND', `The daemon no longer knows the campaign ${id}.`, { about: id });
    if (json) output.json(campaign);
    else live.show(campaignView(campaign, output));
    if (isSettled(campaign.state)) {
      live.end();
      return conclude(campaign);
    }
  }
  live.end();
  output.tell(`Campaign ${shortId(id)} continues. \`sender status --watch\` shows it again.`);
}

/** Waits until a campaign rests and prints each step; its failure becomes the command's own. */
export async function watchQuietly(asking: SenderAsking, wanted: string): Promise<void> {
  let last = '';
  for await (const status of statuses(asking)) {
    const campaign = latestCampaign(status.campaigns, wanted);
    if (campaign.says !== last) asking.output.tell(campaign.says);
    last = campaign.says;
    if (isSettled(campaign.state)) return conclude(campaign);
  }
  throw new Problem('E_CANCELLED', `The command was interrupted; campaign ${wanted} continues.`);
}

/** Shows everything, or one campaign, until Ctrl-C. */
export async function watchStatus(asking: SenderAsking, wanted: string | undefined, all: boolean): Promise<void> {
  const { output, json } = asking;
  const live = openLive(output);
  let endedBefore: ReadonlySet<string> | undefined;
  let saidBefore = '';
  for await (const status of statuses(asking)) {
    endedBefore ??= new Set(status.campaigns.flatMap(({ id, state }) => (campaignStates[state].isOver ? [id] : [])));
    const only = wanted === undefined ? undefined : latestCampaign(status.campaigns, wanted);
    if (json) {
      const text = JSON.stringify(only ?? status);
      if (text !== saidBefore) output.json(only ?? status);
      saidBefore = text;
    } else {
      const shown = only === undefined ? status.campaigns.filter(({ id }) => !endedBefore?.has(id)) : [only];
      live.show({
        picture: (rows) => statusLines(status, output, { only: only?.id, all, rows }),
        items: [
          { key: '', state: status.peer?.state ?? 'unpaired', text: `receiver: ${status.peer?.state ?? 'not paired'}` },
          ...shown.flatMap((campaign) => campaignView(campaign, output).items),
        ],
      });
    }
  }
  live.end();
}

/** Yields every status until Ctrl-C, and waits for a daemon that is restarted meanwhile. */
async function* statuses({ daemon, output, signal }: SenderAsking): AsyncGenerator<SenderStatus> {
  let goneAtMs: number | undefined = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    let gone = new Problem('E_DAEMON_DOWN', 'The daemon has stopped.');
    try {
      for await (const status of daemon.watch({}, signal)) {
        goneAtMs = undefined;
        yield status;
      }
    } catch (thrown) {
      gone = asProblem(thrown);
    }
    if (signal.aborted) return;
    if (goneAtMs === undefined) output.tell('The daemon does not answer; waiting for it to come back.');
    goneAtMs ??= performance.now();
    if (gone.code !== 'E_DAEMON_DOWN' || performance.now() - goneAtMs > absenceMs) throw gone;
    // Aborted: the loop ends by itself.
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

function conclude(campaign: CampaignStatus): void {
  const { rests } = campaignStates[campaign.state];
  if (rests === 'paused') throw new Problem('E_CANCELLED', `Campaign ${campaign.id} was paused.`, { about: campaign.id });
  if (rests !== 'failed' && campaign.problem === null) return;
  const problem = campaign.problem ?? campaign.moves.find((move) => move.problem !== null)?.problem;
  throw problem ? fromJson(problem) : new Problem('E_CAMPAIGN_STATE', campaign.says, { about: campaign.id });
}
