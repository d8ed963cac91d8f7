import { kindOf, type Ref } from '../../shared/model/resource.ts';
import { digestOfRoots, type Totals } from '../../shared/model/totals.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';
import { configuredIn } from './configured.ts';

/** What a campaign moved, from its journal; the receiver compares it with its own count. */
export function totalsOf(campaign: Campaign): Totals {
  const all = campaign.moves().flatMap(({ moves: wave }) => wave);
  // A rollback that keeps some servers sends the totals of these.
  const moves = all.filter(({ server }) => campaign.moved(server.id)).map((move) => recall(move, campaign.journal));
  const sealed = moves.flatMap(({ learned }) => Object.entries(learned.sealed ?? {}));
  const resources: Record<string, number> = { ...configuredIn(campaign.journal.facts)?.counts };
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
