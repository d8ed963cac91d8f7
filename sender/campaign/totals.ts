import { kindOf, type Ref } from '../../shared/model/resource.ts';
import { digestOfRoots, type Totals } from '../../shared/model/totals.ts';
import { recall } from '../migration/migrate.ts';
import type { Campaign } from './campaign.ts';

/** What a campaign moved, from its journal: what the receiver checks against its own books. */
export function totalsOf(campaign: Campaign): Totals {
  const moves = campaign.moves().flatMap(({ moves: wave }) => wave.map((move) => recall(move, campaign.journal)));
  const sealed = moves.flatMap(({ learned }) => Object.entries(learned.sealed ?? {}));
  const resources: Record<string, number> = { ...configuredCounts(campaign) };
  for (const { learned } of moves) {
    for (const ref of Object.keys(learned.built ?? {})) resources[kindOf(ref as Ref)] = (resources[kindOf(ref as Ref)] ?? 0) + 1;
  }
  return {
    servers: moves.length,
    disks: sealed.length,
    disk_bytes: sealed.reduce((sum, [, { size }]) => sum + size, 0),
    resources,
    roots: digestOfRoots(sealed.map(([disk, { root }]) => [disk, root])),
  };
}

/** How many resources of each kind the receiver built before the first server. */
function configuredCounts(campaign: Campaign): Readonly<Record<string, number>> {
  const done = campaign.journal.facts.findLast(
    (fact) => fact.fact === 'done' && fact.server === null && fact.phase === 'configure',
  );
  return done?.fact === 'done' ? ((done.learned as { counts?: Record<string, number> } | undefined)?.counts ?? {}) : {};
}
