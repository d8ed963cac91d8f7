import { setTimeout as sleep } from 'node:timers/promises';
import { refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { Move } from '../migration/move.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';
import { type StepTools, workSignal } from './step.ts';

/** Between two looks at the moved servers: milliseconds. */
const lookMs = 1_000;

/** Servers that may move together, and those that must be healthy before. */
export interface Batch {
  readonly wave: string;
  readonly moves: readonly Move[];
  readonly after: readonly Move[];
}

/** The batches of a campaign, in order: one for each wave, two for a rolling one. */
export function batchesOf(campaign: Campaign): Batch[] {
  return campaign.moves().flatMap(({ wave, rolling, moves }) => {
    if (!rolling) return [{ wave, moves, after: [] }];
    const [first, second] = halvesOf(moves);
    return [
      { wave, moves: first, after: [] },
      { wave, moves: second, after: first },
    ];
  });
}

/** The two halves of a rolling wave, in its order; the first has the odd server. */
export function halvesOf<T>(servers: readonly T[]): readonly [first: readonly T[], second: readonly T[]] {
  const middle = Math.ceil(servers.length / 2);
  return [servers.slice(0, middle), servers.slice(middle)];
}

/**
 * Waits until all servers of the first half that ran at the source are healthy in the same look.
 * Returns early when the campaign halts. Returns a problem, which is noted, where one has not
 * moved, or is not healthy after `probe_timeout_seconds`. The journal notes the wait as `phase`.
 */
export async function awaitFirstHalf(
  campaign: Campaign,
  { wave, after }: Batch,
  tools: StepTools,
  phase: string,
): Promise<Problem | null> {
  const refuse = async ({ server }: Move, says: string): Promise<Problem> => {
    const problem = new Problem(
      'E_UNHEALTHY',
      `The second half of ${wave} is not begun: server ${server.name} of the first ${says}`,
      {
        about: refOf('server', server.id),
        hint: 'Mend it, then `sender resume`; or `sender rollback`.',
      },
    );
    await campaign.journal.append({ fact: 'problem', server: null, phase, problem: problem.toJSON() });
    return problem;
  };
  const absent = after.find(({ server }) => !campaign.moved(server.id));
  if (absent !== undefined && !tools.halted.aborted) return refuse(absent, 'has not moved.');
  const asked = after.filter((move) => recall(move, campaign.journal).learned.was !== 'stopped');
  await campaign.journal.append({ fact: 'begun', server: null, phase });
  const seconds = campaign.plan.options.probe_timeout_seconds;
  for (const limit = performance.now() + seconds * 1000; ; ) {
    if (tools.halted.aborted) return null;
    const sick = await firstSick(campaign, asked, tools);
    if (sick === null) break;
    if (performance.now() >= limit) return refuse(sick.move, `is not healthy at the destination for ${seconds} s: ${sick.says}`);
    await sleep(lookMs, undefined, { signal: workSignal(tools) });
  }
  await campaign.journal.append({ fact: 'done', server: null, phase });
  return null;
}

/** The first server that is not healthy, and why not; null where all are. */
async function firstSick(
  { id }: Campaign,
  moves: readonly Move[],
  tools: StepTools,
): Promise<{ readonly move: Move; readonly says: string } | null> {
  for (const move of moves) {
    const { server, probe } = move;
    const params = { campaign: id, server: server.id, ...(probe === undefined ? {} : { probe }) };
    const { healthy, says } = await tools.ask('server.health', params, workSignal(tools));
    if (!healthy) return { move, says };
  }
  return null;
}
