import { parseYaml } from '../../shared/config.ts';
import type { Concern } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { refOf } from '../../shared/model/resource.ts';
import { Plan, serversOf } from '../model/plan.ts';
import { differencesOf } from '../plan/differences.ts';
import { concernsOf, narrowTo } from '../plan/narrow.ts';
import { inOrderOf } from '../plan/options.ts';
import { policyConcerns } from '../plan/policies.ts';
import type { Captured, PlanCheck } from '../plan/result.ts';
import { capture, draft, preflight } from './capture-and-plan.ts';
import type { SenderContext } from './context.ts';

/**
 * Holds a plan against both clouds as they are now, as the start of a campaign would, and starts
 * nothing. Changes neither cloud.
 */
export async function checkPlan(text: string, file: string, context: SenderContext): Promise<PlanCheck> {
  const plan = parseYaml(text, file, Plan, 'E_PLAN');
  const wanted = serversOf(plan);
  const { project_id: project, whole } = plan.source;
  const all = await capture({ project, servers: [] }, context);
  const there = wanted.filter((id) => all.document.servers.some((server) => server.id === id));
  const gone = wanted.filter((id) => !there.includes(id)).map(goneConcern);
  if (there.length === 0) return { differences: differencesOf(plan, all.document, plan.mappings), concerns: gone, decisions: [] };
  const { document, concerns } = await captureFor(there, whole, all, project, context);
  const remaining = withoutServers(plan, new Set(there));
  const frozen = inOrderOf(remaining, { ...document, mappings: plan.mappings });
  const fresh = await draft(document, context, whole);
  const found = await preflight(frozen, context);
  return {
    differences: differencesOf(plan, all.document, fresh.mappings),
    concerns: [
      ...gone,
      ...policyConcerns(remaining, Date.now(), frozen, context.campaigns.history()),
      ...concernsOf(concerns, document),
      ...found.concerns,
    ],
    decisions: found.decisions,
  };
}

async function captureFor(
  servers: readonly string[],
  whole: boolean,
  all: Captured,
  project: string,
  context: SenderContext,
): Promise<Captured> {
  if (!whole) return await capture({ project, servers }, context);
  const document: Configurations = narrowTo(all.document, servers);
  return { document, concerns: all.concerns };
}

function withoutServers(plan: Plan, left: ReadonlySet<string>): Plan {
  const waves = plan.waves.map((wave) => ({ ...wave, servers: wave.servers.filter(({ id }) => left.has(id)) }));
  return { ...plan, waves: waves.filter(({ servers }) => servers.length > 0) };
}

function goneConcern(id: string): Concern {
  return {
    code: 'server.gone',
    severity: 'blocking',
    about: refOf('server', id),
    says: 'The plan names a server that the source project does not have.',
    remedy: 'Take it out of the plan.',
  };
}
