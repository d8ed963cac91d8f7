import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import type { Plan } from '../model/plan.ts';
import type { Fact } from './fact.ts';

/**
 * What a campaign's document lacks of what was captured, and the operator was told before: what
 * the plan skips, and what the destination cannot build. That a document has nothing of a kind does
 * not say it, because the source may have had none, and gets its first one later.
 */
export function leftOutOf(plan: Pick<Plan, 'skip'>, document: Configurations, facts: readonly Fact[]): Ref[] {
  const foreseen = facts.find((fact) => fact.fact === 'foreseen');
  const carried = new Set(resourcesOf(document).map(({ kind, id }) => refOf(kind, id)));
  const skipped = (foreseen?.decisions ?? []).filter(({ action, ref }) => action === 'skip' && !carried.has(ref));
  return [...plan.skip, ...skipped.map(({ ref }) => ref)];
}
