import type { Report } from './model.ts';

/** What became of the resources that a campaign counts, over their numbers. */
export function resourcesTitle({ state, totals }: Report): string {
  const isUndone = state === 'rolled back' && totals.servers === 0;
  return isUndone ? 'Built, and removed by the rollback; or adopted, and released' : 'Built or adopted';
}
