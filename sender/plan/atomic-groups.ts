import { type AtomicGroup, atomicGroupsOf } from '../../shared/model/atomic-groups.ts';
import type { Concern } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { labelsOf } from '../../shared/model/labels.ts';
import { refOf } from '../../shared/model/resource.ts';
import { halvesOf } from '../campaign/rolling-wave.ts';
import { type Plan, serversOf } from '../model/plan.ts';

/**
 * What becomes of the servers of a plan that share volumes: they move together, and a plan that
 * takes them apart is blocked. `captured`: also what the plan leaves out.
 */
export function groupConcerns(plan: Pick<Plan, 'to' | 'waves'>, captured: Configurations): Concern[] {
  const moving = new Set(serversOf(plan));
  const groups = atomicGroupsOf(captured).filter(({ servers }) => servers.some((id) => moving.has(id)));
  return groups.flatMap((group) => concernsOfGroup(group, plan, moving, captured));
}

function concernsOfGroup(
  { servers, volumes }: AtomicGroup,
  plan: Pick<Plan, 'to' | 'waves'>,
  moving: ReadonlySet<string>,
  captured: Configurations,
): Concern[] {
  const labels = labelsOf(captured.servers);
  const named = (ids: readonly string[]): string => ids.map((id) => labels.get(id) ?? id).join(', ');
  const shared = volumes.map((id) => captured.volumes.find((volume) => volume.id === id)?.name || id).join(', ');
  const about = refOf('server', servers.find((id) => moving.has(id)) ?? '');
  const left = servers.filter((id) => !moving.has(id));
  const have = `Servers ${named(servers)} have volumes in common (${shared})`;
  if (plan.to === 'bundle')
    return [
      {
        code: 'server.volume_multiattach',
        severity: 'blocking',
        about,
        says: `${have}, and such ones move between two daemons only, not in a bundle.`,
        remedy: 'Pair the daemons (`sender pair`), detach the volumes from all servers but one, or leave the servers out.',
      },
    ];
  if (left.length > 0)
    return [
      {
        code: 'server.volume_multiattach',
        severity: 'blocking',
        about,
        says: `${have}, and the plan leaves out ${named(left)}: a volume would be written to at both sides.`,
        remedy: `Put ${named(left)} into the same wave, detach the volumes from it, or leave all of them out.`,
      },
    ];
  if (!batchesIn(plan).some((batch) => servers.every((id) => batch.includes(id))))
    return [
      {
        code: 'server.group_split',
        severity: 'blocking',
        about,
        says: `${have} and move together, but the plan has them in several waves, or in both halves of one.`,
        remedy: 'Put them into one wave, and where that is a rolling one into one half.',
      },
    ];
  return [
    {
      code: 'server.atomic_group',
      severity: 'warning',
      about,
      says: `${have}, and move together: all are stopped before these are copied for the last time, and if one cannot be moved all go back.`,
      remedy: 'Nothing: they take one place of `parallel`, and are down together.',
    },
  ];
}

/** The servers that move in the same batch: of a wave, or of each half of a rolling one. */
function batchesIn({ waves }: Pick<Plan, 'waves'>): string[][] {
  return waves.flatMap(({ rolling = false, servers }) => {
    const ids = servers.map(({ id }) => id);
    return rolling ? halvesOf(ids).map((half) => [...half]) : [ids];
  });
}
