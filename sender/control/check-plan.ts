import { parseYaml } from '../../shared/config.ts';
import { loneVolumesOf, movedImagesOf } from '../../shared/model/lone-volumes.ts';
import { flattens, imagesOf, Plan, passesImages, serversOf, volumesOf } from '../model/plan.ts';
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
  const withVolumeSnapshots = flattens(plan);
  const all = await capture({ project, servers: [], withoutImages: passesImages(plan), withVolumeSnapshots }, context);
  const there = serversOf(plan).filter((id) => all.document.servers.some((server) => server.id === id));
  const alone = new Set(loneVolumesOf(all.document).map(({ id }) => id));
  const volumes = volumesOf(plan).filter((id) => alone.has(id));
  const own = new Set(movedImagesOf(all.document).map(({ id }) => id));
  const images = imagesOf(plan).filter((id) => own.has(id));
  const left = new Set([...there, ...volumes, ...images]);
  const lost = [
    ...goneConcerns(
      'server',
      serversOf(plan).filter((id) => !left.has(id)),
    ),
    ...goneConcerns(
      'volume',
      volumesOf(plan).filter((id) => !left.has(id)),
    ),
    ...goneConcerns(
      'image',
      imagesOf(plan).filter((id) => !left.has(id)),
    ),
  ];
  if (left.size === 0 && !whole)
    return { differences: differencesOf(plan, all.document, plan, Date.now()), concerns: lost, decisions: [] };
  const remaining = withUnits(plan, left);
  const captured: Captured = whole
    ? all
    : await capture({ project, servers: there, volumes, images, withVolumeSnapshots }, context);
  const document = movedBy(remaining, captured);
  const { stale, concerns: absent } = staleSkips(remaining, document);
  const kept = { ...remaining, skip: remaining.skip.filter((ref) => !stale.has(ref)) };
  const { concerns, decisions } = await examine(kept, captured, file, context);
  const { plan: fresh } = await draft(inAskedOrder(document, whole ? [] : there), context, plan.source);
  return {
    differences: differencesOf(plan, all.document, fresh, Date.now()),
    concerns: [...lost, ...absent, ...withHeld(context.campaigns.held([...left]), all.document, concerns)],
    decisions,
  };
}

/** A plan with only these servers, volumes and images, without the waves that are empty then. */
function withUnits(plan: Plan, left: ReadonlySet<string>): Plan {
  const waves = plan.waves.map((wave) => ({ ...wave, servers: wave.servers.filter(({ id }) => left.has(id)) }));
  const volumes = plan.volumes.filter(({ id }) => left.has(id));
  const images = plan.images.filter(({ id }) => left.has(id));
  return { ...plan, waves: waves.filter(({ servers }) => servers.length > 0), volumes, images };
}
