import { asProblem, Problem } from '../../../shared/problem.ts';
import { exceptedFrom, isCommitUnderWay } from '../../migration/fact.ts';
import type { Move } from '../../migration/move.ts';
import { recall } from '../../migration/recall.ts';
import { withRetries } from '../../migration/retry.ts';
import type { Campaign } from '../campaign.ts';
import { type Failure, problemAbout } from '../failures.ts';
import { mustBeAtDestination } from '../lost-copy.ts';
import { sinceCapture } from '../since-capture.ts';
import { awakeProblem, whyMoveOutdated } from '../source-watch.ts';
import { type Step, type StepEnd, type StepTools, workSignal } from '../step.ts';

/**
 * Reads every server on both sides before a commit takes effect, and logs in where the source
 * servers will be ended. Where one cannot be read, one is lost at the destination, the login fails,
 * or all have run again, the campaign stays as it is; a single one that ran again is noted, and the
 * commit leaves it out.
 */
export async function lookAtSources(campaign: Campaign, tools: StepTools, { name: step }: Step): Promise<StepEnd | undefined> {
  const { journal } = campaign;
  if (isCommitUnderWay(journal.facts, new Set([step]))) return undefined;
  const kept = exceptedFrom(journal.facts, 'commit', 'keep');
  const moves = campaign.moves().flatMap(({ moves: wave }) => wave.filter(({ server }) => !kept.has(server.id)));
  const awake: Failure[] = [];
  const stopping: Failure[] = [];
  for (const move of moves) {
    const look = (work: () => Promise<void>): Promise<Problem | null> => problemOf(campaign, move, tools, step, work);
    const { name } = move.server;
    const ran = await look(() => mustNotHaveRun(campaign, move, tools));
    if (ran !== null) (ran.code === 'E_SERVER_STATE' ? awake : stopping).push({ name, problem: ran });
    const lost = await look(() => mustBeAtDestination(campaign, move, tools));
    if (lost !== null) stopping.push({ name, problem: lost });
  }
  const also = ' Nothing was committed, and `sender rollback` is still possible.';
  if (stopping.length > 0) {
    const fails = `of ${moves.length} servers could not be read, or are lost at the destination`;
    return { rests: 'ready', problem: problemAbout(stopping, fails, also) };
  }
  if (awake.length > 0 && awake.length === moves.length)
    return { rests: 'ready', problem: problemAbout(awake, `of ${moves.length} source servers have run again`, also) };
  const closed = await whyNotEnded(moves, campaign.document.source.project_id, tools);
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
async function whyNotEnded([first]: readonly Move[], project: string, tools: StepTools): Promise<Problem | null> {
  if (first === undefined) return null;
  const signal = workSignal(tools);
  try {
    const retirement = await tools.retirement();
    try {
      await retirement.check(first.server.id, project, signal);
    } finally {
      await retirement.close();
    }
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return asProblem(error);
  }
}

/** Throws E_SERVER_STATE where a source ran again, or was used; one that is gone cannot be. */
async function mustNotHaveRun({ journal }: Campaign, move: Move, tools: StepTools): Promise<void> {
  const now = recall(move, journal);
  const why = await whyMoveOutdated(tools.source, now, workSignal(tools)).catch((error: unknown) => {
    if (asProblem(error).code === 'E_NOT_FOUND') return null;
    throw error;
  });
  if (why !== null) throw awakeProblem(now, why);
}

/** The problem that a look at a server ends with; null where it ends well. */
async function problemOf(
  { journal }: Campaign,
  { server }: Move,
  tools: StepTools,
  step: string,
  look: () => Promise<void>,
): Promise<Problem | null> {
  const signal = workSignal(tools);
  const { retryDelaysMs } = tools;
  try {
    await withRetries(look, { server: server.id, phase: step }, { journal, retryDelaysMs, signal });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return asProblem(error);
  }
}
