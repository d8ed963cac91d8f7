import type { LeftBehind } from '../../shared/print/left-text.ts';
import type { Fact } from '../migration/fact.ts';
import type { Campaign } from './campaign.ts';

/** What the latest commit left at the destination beside the tenant; null before there is one. */
export function leftIn(facts: readonly Fact[]): LeftBehind | null {
  const learned = facts.flatMap((fact) => (fact.fact === 'done' && fact.server === null ? [fact.learned ?? {}] : []));
  return learned.map((one) => (one as { readonly left?: LeftBehind }).left).findLast((left) => left !== undefined) ?? null;
}

/** How much of what the latest commit left a further one would finish: not the images to keep. */
export function unfinishedIn({ journal, plan }: Campaign): number {
  const left = leftIn(journal.facts);
  if (left === null) return 0;
  return left.stamped.length + (plan.options.images === 'remove' ? left.images.length : 0);
}
