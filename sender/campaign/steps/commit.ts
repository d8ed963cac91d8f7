import type { SourceRetirement } from '../../../shared/cloud/source-cloud.ts';
import { attemptOf, doneAmong } from '../../migration/attempt.ts';
import { exceptedFrom } from '../../migration/fact.ts';
import type { Move } from '../../migration/move.ts';
import { recall } from '../../migration/recall.ts';
import { withRetries } from '../../migration/retry.ts';
import type { Campaign } from '../campaign.ts';
import { forEachServer } from '../each-server.ts';
import { mustBeAtDestination } from '../lost-copy.ts';
import { type Step, type StepEnd, type StepTools, workSignal } from '../step.ts';

/**
 * Has the receiver give up the possibility of a rollback, and make what it built the tenant's own;
 * learns what stays at the destination beside it.
 */
export async function commitAtReceiver({ id, plan }: Campaign, tools: StepTools): Promise<StepEnd> {
  const { left } = await tools.ask('campaign.commit', { campaign: id, images: plan.options.images }, workSignal(tools));
  return { learned: { left } };
}

/** Ends one server or lone volume at the source. */
type EndOne = (retirement: SourceRetirement, ...given: Parameters<SourceRetirement['retire']>) => Promise<void>;

/** Tags and locks every source server, so that none is started by accident; marks the others. */
export function retireServers(campaign: Campaign, tools: StepTools, step: Step): Promise<undefined> {
  return endEachServer(campaign, tools, step.name, {
    server: (retirement, ...given) => retirement.retire(...given),
    volume: (retirement, ...given) => retirement.retireVolume(...given),
    image: (retirement, ...given) => retirement.retireImage(...given),
  });
}

/** Deletes every source server and lone volume; images are only marked. */
export function destroyServers(campaign: Campaign, tools: StepTools, step: Step): Promise<undefined> {
  return endEachServer(campaign, tools, step.name, {
    server: (retirement, ...given) => retirement.destroy(...given),
    volume: (retirement, ...given) => retirement.destroyVolume(...given),
    // Servers that stay may need it to be rebuilt or rescued.
    image: (retirement, ...given) => retirement.retireImage(...given),
  });
}

/** Deletes every snapshot this campaign made at the source. */
export async function releaseSnapshots({ id }: Campaign, tools: StepTools): Promise<undefined> {
  const signal = workSignal(tools);
  for (const snapshot of await tools.source.snapshots(id, signal)) await tools.source.release(snapshot.id, id, signal);
}

/**
 * Retires every source server that is not retired yet, but those the operator keeps; each is noted.
 * A server that may have run since its freeze, or is lost at the destination, is refused, and the
 * others continue.
 */
async function endEachServer(
  campaign: Campaign,
  tools: StepTools,
  step: string,
  ends: Readonly<Record<Move['kind'], EndOne>>,
): Promise<undefined> {
  const { id, journal } = campaign;
  const { retryDelaysMs } = tools;
  const kept = exceptedFrom(journal.facts, 'commit', 'keep');
  const moves = campaign.moves().flatMap(({ moves: wave }) => wave);
  const left = moves.filter(
    ({ server }) => !kept.has(server.id) && !doneAmong(attemptOf(journal.facts, server.id).facts).has(step),
  );
  const [first] = left;
  if (first === undefined) return undefined;
  const retirement = await tools.retirement();
  try {
    await retirement.check(first.server.id, campaign.document.source.project_id, workSignal(tools));
    await forEachServer(left, tools, 'are left at the source as they are', async (move) => {
      const server = move.server.id;
      const { generation } = recall(campaign.moveOf(server), journal).learned;
      await journal.append({ fact: 'begun', server, phase: step });
      const signal = workSignal(tools);
      const place = { server, phase: step };
      const frozen = { campaign: id, generation };
      const work = async (): Promise<void> => {
        await mustBeAtDestination(campaign, move, tools);
        await ends[move.kind](retirement, server, frozen, signal);
      };
      await withRetries(work, place, { journal, retryDelaysMs, signal });
      await journal.append({ fact: 'done', server, phase: step });
    });
  } finally {
    await retirement.close();
  }
}
