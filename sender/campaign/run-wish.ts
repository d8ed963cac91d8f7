import { asProblem, type Problem } from '../../shared/problem.ts';
import { doneAmong } from '../migration/attempt.ts';
import { type RestState, restAfterFailure, type Standing, standingOf } from '../migration/fact.ts';
import { withRetries } from '../migration/retry.ts';
import type { Campaign } from './campaign.ts';
import { campaignItinerary } from './itinerary.ts';
import { isInterrupted, type Step, type StepEnd, type StepTools, workSignal } from './step.ts';

/**
 * Runs the steps of a wish until the campaign rests and returns that state, or null when the daemon
 * stops or the wish changes. The journal has all its state, so it may be called again.
 */
export async function runWish(campaign: Campaign, tools: StepTools): Promise<RestState | null> {
  const standing = standingOf(campaign.journal.facts);
  if (standing.is === 'resting') return standing.state;
  const rest = async (state: RestState, problem?: Problem): Promise<RestState | null> => {
    if (isInterrupted(tools)) return null;
    await campaign.journal.append({ fact: 'rests', state, problem: problem?.toJSON() });
    return state;
  };
  const { steps, rests } = campaignItinerary[standing.wish];
  try {
    for (const step of steps.filter((one) => belongs(one, campaign, standing))) {
      if (isInterrupted(tools)) return null;
      const end = await runStep(step, campaign, tools);
      if (end?.rests !== undefined) return await rest(end.rests, end.problem);
    }
    return await rest(rests);
  } catch (error) {
    return rest(restAfterFailure(campaign.journal.facts), asProblem(error));
  }
}

function belongs(
  { name, asksReceiver, deletesSource, once }: Step,
  { plan, journal }: Campaign,
  { deleteSource }: Extract<Standing, { is: 'working' }>,
): boolean {
  if (asksReceiver && plan.to === 'bundle') return false;
  if (deletesSource !== undefined && deletesSource !== deleteSource) return false;
  const own = journal.facts.filter((fact) => 'server' in fact && fact.server === null);
  return !(once && doneAmong(own).has(name));
}

async function runStep(step: Step, campaign: Campaign, tools: StepTools): Promise<StepEnd | undefined> {
  const { journal, id } = campaign;
  const place = { server: null, phase: step.name };
  await journal.append({ fact: 'begun', ...place });
  tools.log.info({ campaign: id, step: step.name }, step.does);
  const work = (): Promise<StepEnd | undefined> => step.run(campaign, tools, step);
  const retryTools = { journal, retryDelaysMs: tools.retryDelaysMs, signal: workSignal(tools) };
  const end = step.retries ? await withRetries(work, place, retryTools) : await work();
  if (end?.rests === undefined) await journal.append({ fact: 'done', ...place, learned: end?.learned });
  return end;
}
