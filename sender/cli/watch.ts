import { setTimeout as sleep } from 'node:timers/promises';
import { asProblem, fromJson, Problem } from '../../shared/problem.ts';
import type { SenderStatus } from '../control/commands/status.ts';
import type { CampaignStatus } from '../control/commands.ts';
import type { Asking } from './ask.ts';
import { campaignView, statusLines } from './campaign-view.ts';
import { latestCampaign } from './choose-campaign.ts';
import { openLive } from './live.ts';

/** How long a daemon that went away may take to come back: systemd starts it again after two seconds. */
const absenceMs = 60_000;

/** Shows one campaign until there is nothing more to wait for; a failure becomes the command's own. Ctrl-C leaves it running. */
export async function watchCampaign(asking: Asking, id: string): Promise<void> {
  const { output, json } = asking;
  const live = openLive(output);
  for await (const status of statuses(asking)) {
    const campaign = status.campaigns.find((one) => one.id === id);
    if (campaign === undefined) throw new Problem('E_NOT_FOUND', `The daemon no longer knows the campaign ${id}.`, { about: id });
    if (json) output.json(campaign);
    else live.show(campaignView(campaign, output));
    if (isSettled(campaign)) return conclude(campaign);
  }
  output.tell(`Campaign ${id} goes on. \`sender status --watch\` shows it again.`);
}

/** Waits until a campaign is done or has failed, and says each step on the way; a failure becomes the command's own. */
export async function watchQuietly(asking: Asking, wanted: string): Promise<void> {
  let last = '';
  for await (const status of statuses(asking)) {
    const campaign = latestCampaign(status.campaigns, wanted);
    if (campaign.says !== last) asking.output.tell(campaign.says);
    last = campaign.says;
    if (isSettled(campaign)) return conclude(campaign);
  }
  throw new Problem('E_CANCELLED', `The command was interrupted; campaign ${wanted} goes on.`);
}

/** Shows everything, or one campaign, until Ctrl-C. */
export async function watchStatus(asking: Asking, wanted: string | undefined): Promise<void> {
  const { output, json } = asking;
  const live = openLive(output);
  for await (const status of statuses(asking)) {
    const only = wanted === undefined ? undefined : latestCampaign(status.campaigns, wanted);
    if (json) output.json(only ?? status);
    else {
      const shown = only === undefined ? status.campaigns : [only];
      live.show({
        picture: statusLines(status, output, only?.id),
        items: [
          { key: '', stage: status.peer?.state ?? 'unpaired', text: `receiver: ${status.peer?.state ?? 'not paired'}` },
          ...shown.flatMap((campaign) => campaignView(campaign, output).items),
        ],
      });
    }
  }
}

/** Every status until Ctrl-C; a daemon that is restarted meanwhile is waited for. */
async function* statuses({ daemon, output, signal }: Asking): AsyncGenerator<SenderStatus> {
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
    if (goneAtMs === undefined) output.tell('The daemon is gone; waiting for it to come back.');
    goneAtMs ??= performance.now();
    if (gone.code !== 'E_DAEMON_DOWN' || performance.now() - goneAtMs > absenceMs) throw gone;
    // Aborted: the loop ends by itself.
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

function isSettled({ state }: CampaignStatus): boolean {
  return !['preparing', 'moving', 'committing', 'rolling back'].includes(state);
}

function conclude(campaign: CampaignStatus): void {
  if (campaign.state === 'paused')
    throw new Problem('E_CANCELLED', `Campaign ${campaign.id} was paused.`, { about: campaign.id });
  if (campaign.state !== 'failed') return;
  const problem = campaign.problem ?? campaign.moves.find((move) => move.problem !== null)?.problem;
  throw problem ? fromJson(problem) : new Problem('E_CAMPAIGN_STATE', campaign.says, { about: campaign.id });
}
