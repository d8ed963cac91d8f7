import { randomUUID } from 'node:crypto';
import { withAccepted } from '../../shared/model/accepted.ts';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { type Mappings, withCarried } from '../../shared/model/mappings.ts';
import { type Kind, refOf } from '../../shared/model/resource.ts';
import { snapshotIn, snapshotVolumesOf } from '../../shared/model/snapshot-volumes.ts';
import { Problem } from '../../shared/problem.ts';
import { imagesOf, type Plan, serversOf, unitsOf, volumesOf } from '../model/plan.ts';
import { groupConcerns } from '../plan/atomic-groups.ts';
import { concernsOf, narrowTo } from '../plan/narrow.ts';
import { inOrderOf, type MigrateOptions, withOptions } from '../plan/options.ts';
import { policyConcerns } from '../plan/policies.ts';
import type { Captured } from '../plan/result.ts';
import { aboutTheRest, withoutSkipped } from '../plan/skip.ts';
import { preflight } from './capture-and-plan.ts';
import type { SenderContext } from './context.ts';

/** A plan as it would start now: with the document of what it moves, and all that is said of it. */
export interface Examined {
  readonly plan: Plan;
  readonly document: Configurations;
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
  /** The kinds that the destination builds. */
  readonly kinds: readonly Kind[];
}

/** Throws E_PLAN where a plan moves nothing, or a server or volume twice. */
export function mustMoveOnce(plan: Plan, file: string): void {
  const wanted = unitsOf(plan);
  if (wanted.length === 0 && !plan.source.whole)
    throw new Problem('E_PLAN', `${file} moves nothing: it names no server, volume or image, and not the whole project.`, {
      about: file,
      hint: 'Name servers in `waves`, or set `whole: true` to move networks, groups and addresses alone.',
    });
  const twice = wanted.find((id, index) => wanted.indexOf(id) !== index);
  if (twice !== undefined) throw new Problem('E_PLAN', `${file} names ${twice} twice.`, { about: file });
}

/** What a plan moves of what was captured: of a whole project, only its servers and volumes do. */
export function movedBy(plan: Plan, { document }: Captured): Configurations {
  return plan.source.whole ? narrowTo(document, serversOf(plan), [...volumesOf(plan), ...imagesOf(plan)]) : document;
}

/**
 * Holds a plan against both clouds, for the start of its campaign and for a check alike. Throws
 * E_PLAN where it contradicts itself.
 */
export async function examine(
  plan: Plan,
  captured: Captured,
  file: string,
  context: SenderContext,
  options: MigrateOptions = {},
): Promise<Examined> {
  const { document, gone, concerns: skipped } = withoutSkipped(movedBy(plan, captured), plan.skip, file);
  // The campaign's plan names all that is gone: what is read later is held against that. It also
  // names the snapshots that become volumes, which move like those that no server has.
  const snapshots = snapshotVolumesOf(document).map(({ id, name }) => ({ id, name }));
  const own = plan.volumes.filter(({ id }) => !gone.has(refOf('volume', id)) && snapshotIn(id) === null);
  const volumes = [...own, ...snapshots];
  const images = plan.images.filter(({ id }) => !gone.has(refOf('image', id)));
  const chosen = withOptions({ ...plan, volumes, images, skip: [...gone] }, document, options, file);
  const carried = withCarried(chosen.mappings, (name) => [chosen.options[name], chosen.mappings[name]].includes('carry'));
  const isRewritten = chosen.options.dns_addresses === 'rewrite';
  const mappings: Mappings = isRewritten ? { ...carried, dns_addresses: 'rewrite' } : carried;
  const frozen = inOrderOf(chosen, { ...document, campaign: randomUUID(), mappings });
  const found = await preflight(frozen, context);
  const concerns = [
    ...policyConcerns(chosen, Date.now(), frozen, context.campaigns.history()),
    ...groupConcerns(chosen, captured.document),
    ...aboutTheRest(concernsOf(captured.concerns, document, captured.document), gone),
    ...skipped,
    ...found.concerns,
  ];
  const { decisions, kinds } = found;
  return { plan: chosen, document: frozen, concerns: withAccepted(concerns, chosen.mappings), decisions, kinds };
}
