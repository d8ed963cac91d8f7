import { z } from 'zod';
import { command } from '../../../shared/control/command.ts';
import { OfCampaign } from '../../../shared/control/params.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Campaign } from '../../campaign/campaign.ts';
import type { CampaignStatus } from '../../campaign/campaign-status.ts';
import { toCutOver } from '../../campaign/cutover.ts';
import { mustKeepGroups, namedServers, toKeepMoved } from '../../campaign/named-servers.ts';
import type { SenderContext } from '../context.ts';
import { possibleIn, steer } from '../steer.ts';
import { Names, OfServers } from './params.ts';

/** Lets the servers that are stopped arrive, and begins no other. */
export const pause = command({
  does: 'Finish the servers already stopped; start no others. `sender resume` continues.',
  exits: [40],
  params: OfCampaign,
  run: async ({ campaign }, { campaigns }: SenderContext) =>
    await steer(await campaigns.find(campaign), 'pause', possibleIn.pause),
});

/** Goes on with a campaign that stands still. */
export const resume = command({
  does: 'Continue a campaign that was paused or has failed, from where it stopped.',
  exits: [40],
  params: OfCampaign,
  run: async ({ campaign }, { campaigns }: SenderContext) =>
    await steer(await campaigns.find(campaign), 'run', possibleIn.resume),
});

/** Ends a campaign and keeps what has moved. */
export const cancel = command({
  does: 'Stop a campaign. Servers that have not arrived are started again at the source; servers that have moved stay moved.',
  exits: [40],
  params: OfCampaign,
  run: async ({ campaign }, { campaigns }: SenderContext) =>
    await steer(await campaigns.find(campaign), 'cancel', possibleIn.cancel),
});

/** Undoes a whole campaign. */
export const rollback = command({
  does: 'Undo a whole campaign: start the servers at the source again, and remove what the campaign created at the destination.',
  exits: [40],
  params: OfCampaign.extend({ keep: Names.optional(), giveUp: Names.optional() }),
  run: async ({ campaign, keep = [], giveUp = [] }, { campaigns }: SenderContext) => {
    const runner = await campaigns.find(campaign);
    const status = runner.status();
    const details = {
      keep: toKeepMoved(runner.campaign, status, keep),
      giveUp: namedServers(status, giveUp).map(({ server }) => server),
    };
    mustKeepGroups(runner.campaign, details.keep, details.giveUp);
    return await steer(runner, 'rollback', possibleIn.rollback, details);
  },
});

/** Makes a move final; the source servers are locked and tagged, or deleted. */
export const commit = command({
  does: 'Make a move final: delete its snapshots, so that `sender rollback` no longer works. The source servers stay stopped and locked, or are deleted on request.',
  exits: [40],
  params: OfCampaign.extend({ deleteSource: z.boolean(), keep: Names.optional() }),
  run: async ({ campaign, deleteSource, keep = [] }, { campaigns }: SenderContext) => {
    const runner = await campaigns.find(campaign);
    if (deleteSource) mustBeWritten(runner.campaign);
    const kept = namedServers(runner.status(), keep).map(({ server }) => server);
    return await steer(runner, 'commit', possibleIn.commit, { deleteSource, keep: kept });
  },
});

/**
 * Throws E_CAMPAIGN_STATE for an export of which no whole bundle was written: its source servers
 * are all there is.
 */
function mustBeWritten({ id, plan, journal }: Campaign): void {
  if (plan.to !== 'bundle' || journal.facts.some(({ fact }) => fact === 'bundle written')) return;
  throw new Problem('E_CAMPAIGN_STATE', `No whole bundle of campaign ${id} was written, so its source servers are not deleted.`, {
    about: id,
    hint: `\`sender export --campaign ${id.slice(0, 8)} --to FILE\` writes it. Import it before you commit.`,
  });
}

/** Stops servers that are copied while they run, and moves them to their end. */
export const cutover = command({
  does: 'Stop servers that are copied while they run, and finish their move now, whatever the plan waits for. A round under way ends first.',
  exits: [40],
  params: OfServers,
  run: async ({ campaign, servers }, { campaigns }: SenderContext): Promise<CampaignStatus> => {
    const runner = await campaigns.find(campaign);
    await runner.cutOver(toCutOver(runner.status(), servers));
    return runner.status();
  },
});
