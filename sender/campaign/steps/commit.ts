import type { SourceRetirement } from '../../../shared/cloud/source-cloud.ts';
import { attemptOf, doneAmong } from '../../migration/attempt.ts';
import type { Campaign } from '../campaign.ts';
import { type StepTools, workSignal } from '../step.ts';

/** Has the receiver end its way back. */
export async function commitAtReceiver({ id }: Campaign, tools: StepTools): Promise<undefined> {
  await tools.ask('campaign.commit', { campaign: id }, workSignal(tools));
}

/** Tags and locks every source server, so that none is started by accident. */
export function retireServers(campaign: Campaign, tools: StepTools, step: string): Promise<undefined> {
  return withEachServer(campaign, tools, step, (retirement, server, signal) => retirement.retire(server, campaign.id, signal));
}

/** Deletes every source server. */
export function destroyServers(campaign: Campaign, tools: StepTools, step: string): Promise<undefined> {
  return withEachServer(campaign, tools, step, (retirement, server, signal) => retirement.destroy(server, signal));
}

/** Deletes every snapshot this campaign made at the source. */
export async function releaseSnapshots({ id }: Campaign, tools: StepTools): Promise<undefined> {
  const signal = workSignal(tools);
  for (const snapshot of await tools.source.snapshots(id, signal)) await tools.source.release(snapshot.id, signal);
}

/** Does a step's work at every source server where it is not done yet; each one is noted. */
async function withEachServer(
  campaign: Campaign,
  tools: StepTools,
  step: string,
  work: (retirement: SourceRetirement, server: string, signal: AbortSignal) => Promise<void>,
): Promise<undefined> {
  const { journal } = campaign;
  const retirement = await tools.retirement();
  try {
    for (const { server } of campaign.moves().flatMap(({ moves }) => moves)) {
      if (doneAmong(attemptOf(journal.facts, server.id).facts).has(step)) continue;
      await journal.append({ fact: 'begun', server: server.id, phase: step });
      await work(retirement, server.id, workSignal(tools));
      await journal.append({ fact: 'done', server: server.id, phase: step });
    }
  } finally {
    await retirement.close();
  }
}
