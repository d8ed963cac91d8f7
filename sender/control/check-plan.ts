import { parseYaml } from '../../shared/config.ts';
import { Plan, serversOf } from '../model/plan.ts';
import { differencesOf } from '../plan/differences.ts';
import { inAskedOrder } from '../plan/planner.ts';
import type { Captured, PlanCheck } from '../plan/result.ts';
import { goneConcerns, staleSkips, withHeld } from '../plan/staleness.ts';
import { capture, draft } from './capture-and-plan.ts';
import type { SenderContext } from './context.ts';
import { examine, movedBy, mustMoveOnce } from './examine.ts';

/**
 * Holds a plan against both clouds as they are now, as the start of a campaign would, and starts
 * nothing. Changes neither cloud. Throws E_PLAN where the plan contradicts itself.
 */
export async function checkPlan(text: string, file: string, context: SenderContext): Promise<PlanCheck> {
  const plan = parseYaml(text, file, Plan, 'E_PLAN');
  mustMoveOnce(plan, file);
  const { project_id: project, whole } = plan.source;
  const all = await capture({ project, servers: [] }, context);
  const wanted = serversOf(plan);
  const there = wanted.filter((id) => all.document.servers.some((server) => server.id === id));
  const gone = wanted.filter((id) => !there.includes(id));
  const lost = goneConcerns(gone);
  if (there.length === 0 && !whole)
    return { differences: differencesOf(plan, all.document, plan, Date.now()), concerns: lost, decisions: [] };
  const remaining = withServers(plan, new Set(there));
  const captured: Captured = whole ? all : await capture({ project, servers: there }, context);
  const document = movedBy(remaining, captured);
  const { stale, concerns: absent } = staleSkips(remaining, document);
  const kept = { ...remaining, skip: remaining.skip.filter((ref) => !stale.has(ref)) };
  const { concerns, decisions } = await examine(kept, captured, file, context);
  const { plan: fresh } = await draft(inAskedOrder(document, whole ? [] : there), context, whole);
  return {
    differences: differencesOf(plan, all.document, fresh, Date.now()),
    concerns: [...lost, ...absent, ...withHeld(context.campaigns.held(there), all.document, concerns)],
    decisions,
  };
}

/** A plan with only these servers, without the waves that are empty then. */
function withServers(plan: Plan, left: ReadonlySet<string>): Plan {
  const waves = plan.waves.map((wave) => ({ ...wave, servers: wave.servers.filter(({ id }) => left.has(id)) }));
  return { ...plan, waves: waves.filter(({ servers }) => servers.length > 0) };
}
