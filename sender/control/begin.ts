import { randomUUID } from 'node:crypto';
import type { Selection } from '../../shared/cloud/source-cloud.ts';
import { supportedDocument } from '../../shared/cloud/supported.ts';
import { parseYaml } from '../../shared/config.ts';
import { type Concern, mustNotBlock } from '../../shared/model/concern.ts';
import { parseConfigurations } from '../../shared/model/configurations.ts';
import { loneVolumesOf, movedImagesOf } from '../../shared/model/lone-volumes.ts';
import { overlaid } from '../../shared/model/mappings.ts';
import { snapshotVolumesOf } from '../../shared/model/snapshot-volumes.ts';
import { Problem } from '../../shared/problem.ts';
import { flattens, imagesOf, Plan, passesImages, serversOf, unitsOf, volumesOf } from '../model/plan.ts';
import { groupConcerns } from '../plan/atomic-groups.ts';
import { importOldConfigurations } from '../plan/import.ts';
import { namedVolumesOf } from '../plan/named-volumes.ts';
import { leaveMoved } from '../plan/narrow.ts';
import { inOrderOf, type MigrateOptions } from '../plan/options.ts';
import { inAskedOrder } from '../plan/planner.ts';
import { capture, draft, extentOf } from './capture-and-plan.ts';
import type { SenderContext } from './context.ts';
import { examine, mustMoveOnce } from './examine.ts';

/** A campaign that has begun, and what may be worth knowing of it. */
export interface Begun {
  readonly campaign: string;
  readonly concerns: readonly Concern[];
}

/**
 * Starts a campaign from a plan's text; `file` names its origin in complaints. Throws E_BLOCKED
 * before anything is written.
 */
export async function beginFromPlan(text: string, file: string, options: MigrateOptions, context: SenderContext): Promise<Begun> {
  return await begin(parseYaml(text, file, Plan, 'E_PLAN'), file, options, context);
}

/**
 * Starts a campaign from a `configurations.json`: its servers in its order, with mappings proposed
 * where it has none.
 */
export async function beginFromDocument(value: unknown, file: string, context: SenderContext): Promise<Begun> {
  const isOld = typeof value === 'object' && value !== null && 'VMs' in value;
  const wanted = isOld ? importOldConfigurations(value) : parseConfigurations(value, file);
  const servers = wanted.servers.map((server) => (isOld ? server.name : server.id));
  const volumes = namedVolumesOf(wanted).map(({ id }) => id);
  const volume_snapshots = snapshotVolumesOf(wanted).length > 0 ? 'flatten' : 'leave';
  const images = movedImagesOf(wanted).map(({ id }) => id);
  // A selection that names nothing would take the whole project.
  if (servers.length + volumes.length + images.length === 0)
    throw new Problem('E_PLAN', `${file} names no server, volume or image; there is nothing to move.`, { about: file });
  const captured = await capture({ project: isOld ? undefined : wanted.source.project_id, servers, volumes, images }, context);
  const { plan } = await draft(inAskedOrder(captured.document, servers), context);
  const options = { ...plan.options, volume_snapshots } as const;
  return await begin({ ...plan, options, mappings: overlaid(plan.mappings, wanted.mappings) }, file, {}, context);
}

/** Starts a campaign that stops and freezes servers for a bundle; no receiver is asked. */
export async function beginExport(selection: Selection, context: SenderContext): Promise<Begun> {
  const { document: captured, concerns } = leaveMoved(await capture(selection, context));
  const volumes = loneVolumesOf(captured).map(({ id, name }) => ({ id, name }));
  const images = movedImagesOf(captured).map(({ id, name }) => ({ id, name }));
  if (captured.servers.length + volumes.length + images.length === 0)
    throw new Problem('E_NOT_FOUND', 'The selection holds no server, volume or image; there is nothing to export.');
  const { project_id, project_name } = captured.source;
  const servers = inAskedOrder(captured, selection.servers).servers.map(({ id, name }) => ({ id, name }));
  const plan = Plan.parse({
    version: 1,
    to: 'bundle',
    source: { project_id, project_name, ...extentOf(selection) },
    waves: servers.length === 0 ? [] : [{ name: 'wave-1', servers }],
    volumes,
    images,
  });
  mustNotBlock([...concerns, ...groupConcerns(plan, captured)]);
  const campaign = randomUUID();
  const document = inOrderOf(plan, { ...captured, campaign });
  await context.campaigns.reserve(unitsOf(plan), () => context.campaigns.create(plan, document, { concerns, decisions: [] }));
  return { campaign, concerns };
}

async function begin(plan: Plan, file: string, options: MigrateOptions, context: SenderContext): Promise<Begun> {
  mustMoveOnce(plan, file);
  return await context.campaigns.reserve(unitsOf(plan), () => prepare(plan, file, options, context));
}

async function prepare(plan: Plan, file: string, options: MigrateOptions, context: SenderContext): Promise<Begun> {
  const { campaigns } = context;
  const { project_id: project, whole } = plan.source;
  const captured = await capture(
    {
      project,
      withVolumeSnapshots: flattens(plan),
      ...(whole
        ? { servers: [], withoutImages: passesImages(plan) }
        : { servers: serversOf(plan), volumes: volumesOf(plan), images: imagesOf(plan) }),
    },
    context,
  );
  const { plan: chosen, document, concerns, decisions, kinds } = await examine(plan, captured, file, context, options);
  mustNotBlock(concerns, { about: file });
  const told = decisions.filter(({ action }) => action !== 'create');
  await campaigns.create(chosen, supportedDocument(document, new Set(kinds)), { concerns, decisions: told });
  return { campaign: document.campaign ?? '', concerns };
}
