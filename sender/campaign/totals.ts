import { networkSideOf } from '../../shared/model/network-side.ts';
import { kindOf, type Ref, refOf } from '../../shared/model/resource.ts';
import { digestOfRoots, type Totals } from '../../shared/model/totals.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';
import { configuredIn } from './configured.ts';

/** What a campaign moved, from its journal; the receiver compares it with its own count. */
export function totalsOf(campaign: Campaign): Totals {
  const all = campaign.moves().flatMap(({ moves: wave }) => wave);
  // A rollback that keeps some servers sends the totals of these.
  const moves = all.filter(({ server }) => campaign.moved(server.id)).map((move) => recall(move, campaign.journal));
  const isConfigured = configuredIn(campaign.journal.facts) !== null;
  const sealed = moves.flatMap(({ learned }) => Object.entries(learned.sealed ?? {}));
  const networkSide = isConfigured ? networkSideOf(campaign.document).map(({ kind, id }) => refOf(kind, id)) : [];
  // A ref counts once: an earlier release built with the network side what now comes with servers.
  const built = new Set([...networkSide, ...moves.flatMap(({ learned }) => Object.keys(learned.built ?? {}) as Ref[])]);
  const resources: Record<string, number> = {};
  for (const ref of built) resources[kindOf(ref)] = (resources[kindOf(ref)] ?? 0) + 1;
  return {
    servers: moves.filter(({ kind }) => kind === 'server').length,
    disks: sealed.length,
    disk_bytes: sealed.reduce((sum, [, { size }]) => sum + size, 0),
    resources,
    roots: digestOfRoots(sealed.map(([disk, { root }]) => [disk, root])),
  };
}
