import { asProblem, Problem } from '../../../shared/problem.ts';
import { exceptedFrom, isCommitUnderWay } from '../../migration/fact.ts';
import type { Move } from '../../migration/move.ts';
import { whyOutdated } from '../../migration/phases/freeze.ts';
import { recall } from '../../migration/recall.ts';
import { withRetries } from '../../migration/retry.ts';
import type { Campaign } from '../campaign.ts';
import { type Failure, problemAbout } from '../failures.ts';
import { sinceCapture } from '../since-capture.ts';
import { awakeProblem } from '../source-watch.ts';
import { type Step, type StepEnd, type StepTools, workSignal } from '../step.ts';

/**
 * Reads every source server before a commit takes effect, and logs in where they will be ended.
 * Where one cannot be read, the login fails, or all have run again, the campaign stays as it is; a
 * single one that ran again is noted, and the commit leaves it out.
 */
export async function lookAtSources(campaign: Campaign, tools: StepTools, { name: step }: Step): Promise<StepEnd | undefined> {
  const { journal } = campaign;
  if (isCommitUnderWay(journal.facts, new Set([step]))) return undefined;
  const kept = exceptedFrom(journal.facts, 'commit', 'keep');
  const moves = campaign.moves().flatMap(({ moves: wave }) => wave.filter(({ server }) => !kept.has(server.id)));
  const failures: Failure[] = [];
  for (const move of moves) {
    const problem = await whyNot(campaign, move, tools, step);
    if (problem !== null) failures.push({ name: move.server.name, problem });
  }
  const unread = failures.filter(({ problem }) => problem.code !== 'E_SERVER_STATE');
  const also = ' Nothing was committed, and `sender rollback` is still possible.';
  if (unread.length > 0)
    return { rests: 'ready', problem: problemAbout(unread, `of ${moves.length} source servers could not be read`, also) };
  if (failures.length > 0 && failures.length === moves.length)
    return { rests: 'ready', problem: problemAbout(failures, `of ${moves.length} source servers have run again`, also) };
  const closed = await whyNotEnded(moves, tools);
  if (closed !== null)
    return {
      rests: 'ready',
      problem: new Problem(closed.code, `The source servers could not be locked or deleted: ${closed.message}${also}`, {
        about: closed.about,
        cause: closed,
        hint: closed.hint,
      }),
    };
  return { learned: { sinceCapture: await sinceCapture(campaign, tools) } };
}

/**
 * Why the client that ends source servers cannot be used; null where it can. It logs in by itself:
 * the client that has read the servers may still live on a token of credentials that are gone.
 */
async function whyNotEnded([first]: readonly Move[], tools: StepTools): Promise<Problem | null> {
  if (first === undefined) return null;
  const signal = workSignal(tools);
  try {
    const retirement = await tools.retirement();
    try {
      await retirement.check(first.server.id, signal);
    } finally {
      await retirement.close();
    }
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return asProblem(error);
  }
}

/** The problem of a source server that ran again or cannot be read; null for one that is gone. */
async function whyNot(campaign: Campaign, move: Move, tools: StepTools, step: string): Promise<Failure['problem'] | null> {
  const { journal } = campaign;
  const signal = workSignal(tools);
  const { server, learned } = recall(move, journal);
  const place = { server: server.id, phase: step };
  const { retryDelaysMs } = tools;
  const look = async (): Promise<void> => {
    const why = await whyOutdated(tools.source, server.id, learned.generation, signal).catch((error: unknown) => {
      // A server that is gone cannot run.
      if (asProblem(error).code === 'E_NOT_FOUND') return null;
      throw error;
    });
    if (why !== null) throw awakeProblem(server, why);
  };
  try {
    await withRetries(look, place, { journal, retryDelaysMs, signal });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return asProblem(error);
  }
}
