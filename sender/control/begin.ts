import { randomUUID } from 'node:crypto';
import { type Selection, takesWhole } from '../../shared/cloud/source-cloud.ts';
import { supportedDocument } from '../../shared/cloud/supported.ts';
import { parseYaml } from '../../shared/config.ts';
import { withAccepted } from '../../shared/model/accepted.ts';
import { type Concern, mustNotBlock } from '../../shared/model/concern.ts';
import { parseConfigurations } from '../../shared/model/configurations.ts';
import { overlaid } from '../../shared/model/mappings.ts';
import { Problem } from '../../shared/problem.ts';
import { Plan, serversOf } from '../model/plan.ts';
import { importOldConfigurations } from '../plan/import.ts';
import { concernsOf, leaveMoved, narrowTo } from '../plan/narrow.ts';
import { inOrderOf, type MigrateOptions, withOptions } from '../plan/options.ts';
import { inAskedOrder } from '../plan/planner.ts';
import { policyConcerns } from '../plan/policies.ts';
import { aboutTheRest, withoutSkipped } from '../plan/skip.ts';
import { askNow } from '../receiver/ask-now.ts';
import { capture, draft, preflight } from './capture-and-plan.ts';
import type { SenderContext } from './context.ts';

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
  const captured = await capture({ project: isOld ? undefined : wanted.source.project_id, servers }, context);
  const plan = await draft(inAskedOrder(captured.document, servers), context);
  return await begin({ ...plan, mappings: overlaid(plan.mappings, wanted.mappings) }, file, {}, context);
}

/** Starts a campaign that stops and freezes servers for a bundle; no receiver is asked. */
export async function beginExport(selection: Selection, context: SenderContext): Promise<Begun> {
  const { document: captured, concerns } = leaveMoved(await capture(selection, context));
  if (captured.servers.length === 0)
    throw new Problem('E_NOT_FOUND', 'The selection holds no server; there is nothing to export.');
  mustNotBlock(concerns);
  const { project_id, project_name } = captured.source;
  const servers = inAskedOrder(captured, selection.servers).servers.map(({ id, name }) => ({ id, name }));
  const plan = Plan.parse({
    version: 1,
    to: 'bundle',
    source: { project_id, project_name, whole: takesWhole(selection) },
    waves: [{ name: 'wave-1', servers }],
  });
  const campaign = randomUUID();
  const document = inOrderOf(plan, { ...captured, campaign });
  await context.campaigns.reserve(serversOf(plan), () => context.campaigns.create(plan, document, { concerns, decisions: [] }));
  return { campaign, concerns };
}

async function begin(plan: Plan, file: string, options: MigrateOptions, context: SenderContext): Promise<Begun> {
  const wanted = serversOf(plan);
  if (wanted.length === 0 && !plan.source.whole)
    throw new Problem('E_PLAN', `${file} moves nothing: it names no server, and not the whole project.`, {
      about: file,
      hint: 'Name servers in `waves`, or set `whole: true` to move networks, groups and addresses alone.',
    });
  const twice = wanted.find((id, index) => wanted.indexOf(id) !== index);
  if (twice !== undefined) throw new Problem('E_PLAN', `${file} names server ${twice} twice.`, { about: file });
  return await context.campaigns.reserve(wanted, () => prepare(plan, wanted, file, options, context));
}

async function prepare(
  plan: Plan,
  wanted: readonly string[],
  file: string,
  options: MigrateOptions,
  context: SenderContext,
): Promise<Begun> {
  const { campaigns } = context;
  const { project_id: project, whole } = plan.source;
  const captured = await capture({ project, servers: whole ? [] : wanted }, context);
  const narrow = whole ? narrowTo(captured.document, wanted) : captured.document;
  const { document, gone, concerns: skipped } = withoutSkipped(narrow, plan.skip, file);
  // The campaign's plan names all that is gone: what is read later is held against that.
  const chosen = withOptions({ ...plan, skip: [...gone] }, document, options, file);
  const campaign = randomUUID();
  const frozen = inOrderOf(chosen, { ...document, campaign, mappings: chosen.mappings });
  const found = await preflight(frozen, context);
  const all = [
    ...policyConcerns(chosen, Date.now(), frozen, campaigns.history()),
    ...aboutTheRest(concernsOf(captured.concerns, document), gone),
    ...skipped,
    ...found.concerns,
  ];
  const concerns = withAccepted(all, chosen.mappings);
  mustNotBlock(concerns, { about: file });
  const { kinds } = await askNow(context.peer, 'cloud.facts', {}, context.stopping);
  const decisions = found.decisions.filter(({ action }) => action !== 'create');
  await campaigns.create(chosen, supportedDocument(frozen, new Set(kinds)), { concerns, decisions });
  return { campaign, concerns };
}
