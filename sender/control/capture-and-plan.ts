import { randomUUID } from 'node:crypto';
import type { Result } from '../../protocol/messages.ts';
import { type Selection, takesWhole } from '../../shared/cloud/source-cloud.ts';
import { supportedDocument, supportedPart } from '../../shared/cloud/supported.ts';
import { freeBytes } from '../../shared/disk/free.ts';
import type { Concern } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { loneVolumesOf, movedImagesOf } from '../../shared/model/lone-volumes.ts';
import { networkSideOf } from '../../shared/model/network-side.ts';
import { type Kind, refOf } from '../../shared/model/resource.ts';
import { spaceConcerns } from '../../shared/model/space.ts';
import { Problem } from '../../shared/problem.ts';
import type { Plan, PlanExtent } from '../model/plan.ts';
import { groupConcerns } from '../plan/atomic-groups.ts';
import { adopting } from '../plan/earlier.ts';
import { leaveMoved } from '../plan/narrow.ts';
import { olderReceiver } from '../plan/older-receiver.ts';
import { planText } from '../plan/plan-text.ts';
import { inAskedOrder, makePlan } from '../plan/planner.ts';
import type { Captured, PlanResult } from '../plan/result.ts';
import { readRules } from '../plan/rules/read.ts';
import { type AcceptedSuggestions, afterEarlier, type MappingReason, propose, reasonsAbout } from '../plan/rules/reason.ts';
import { withHeld } from '../plan/staleness.ts';
import { askNow } from '../receiver/ask-now.ts';
import type { SenderContext } from './context.ts';

/**
 * Reads what the selected servers are and need, and checks that the state directory has room for
 * them.
 */
export async function capture(selection: Selection, { config, source, stopping }: SenderContext): Promise<Captured> {
  const cloud = await source();
  const { document, concerns } = await cloud.inventory(selection, stopping);
  const space = spaceConcerns(resourcesOf(document), await freeBytes(config.state), "the sender's state directory", {
    atOnce: config.limits.parallel,
  });
  return { document, concerns: [...concerns, ...space] };
}

/** What is asked of a plan beside what moves. */
export interface PlanAsked extends Selection {
  /** The thing whose mappings are explained. */
  readonly why?: string | undefined;
  readonly accepted?: AcceptedSuggestions | undefined;
}

/**
 * Plans the move of a selection and asks the receiver what stands in its way. Changes neither
 * cloud.
 */
export async function planMove({ why, accepted, ...selection }: PlanAsked, context: SenderContext): Promise<PlanResult> {
  const all = await capture(selection, context);
  const { document: captured, concerns } = selection.servers.length === 0 ? leaveMoved(all) : all;
  mustHoldSomething(captured, all.document, takesWhole(selection));
  const document = inAskedOrder(captured, selection.servers);
  const { plan, reasons } = await draft(document, context, extentOf(selection), accepted);
  const about = why === undefined ? undefined : reasonsAbout(reasons, why, document);
  const found = await preflight({ ...document, mappings: plan.mappings }, context);
  const held = context.campaigns.held(
    [...document.servers, ...loneVolumesOf(document), ...movedImagesOf(document)].map(({ id }) => id),
  );
  const known = withHeld(held, document, [...concerns, ...groupConcerns(plan, all.document), ...found.concerns]);
  const text = planText(plan, resourcesOf(document), known, found.decisions, reasons);
  return { plan: text, concerns: known, decisions: found.decisions, reasons: about ?? reasons };
}

/** What of the project a selection takes. */
export function extentOf(selection: Selection): PlanExtent {
  const whole = takesWhole(selection);
  return whole && selection.withoutImages === true ? { whole, without_images: true } : { whole };
}

/** Throws E_NOT_FOUND where nothing is left to move. A whole project moves without servers, too. */
function mustHoldSomething(captured: Configurations, before: Configurations, whole: boolean): void {
  if (captured.servers.length + loneVolumesOf(captured).length + movedImagesOf(captured).length > 0) return;
  if (before.servers.length > 0)
    throw new Problem(
      'E_NOT_FOUND',
      'Every server of the project was moved by an earlier campaign; there is nothing left to move.',
    );
  if (whole && networkSideOf(captured).some((one) => one.kind !== 'network' || !one.external)) return;
  throw new Problem('E_NOT_FOUND', 'The selection holds no server; there is nothing to move.');
}

/**
 * The plan that is proposed for a document, mapped by the rules, and to what the destination has
 * and what earlier campaigns built there.
 */
export async function draft(
  document: Configurations,
  context: SenderContext,
  extent?: PlanExtent,
  accepted: AcceptedSuggestions = {},
): Promise<{ readonly plan: Plan; readonly reasons: readonly MappingReason[] }> {
  const rules = await readRules(context.config.rules);
  const facts = await askNow(context.peer, 'cloud.facts', {}, context.stopping);
  const proposal = propose(document, facts, rules, accepted);
  const { earlier = [] } = await preflight({ ...document, mappings: proposal.mappings }, context, facts.kinds);
  const mappings = adopting(proposal.mappings, earlier, document);
  const plan = makePlan(document, mappings, context.config.limits.parallel, extent);
  return { plan, reasons: afterEarlier(proposal.reasons, document, mappings) };
}

/** The kinds that the receiver's cloud builds, as far as both releases know them. */
async function kindsThere({ peer, stopping }: SenderContext): Promise<readonly Kind[]> {
  return (await askNow(peer, 'cloud.facts', {}, stopping)).kinds;
}

/** What stands in the way of a document at the destination, which builds these kinds. */
export type FoundThere = Result<'campaign.preflight'> & { readonly kinds: readonly Kind[] };

/**
 * What the receiver finds in the way of a document; nothing is written there. It is sent only the
 * kinds that it names itself, because an earlier release refuses a document with others.
 */
export async function preflight(document: Configurations, context: SenderContext, named?: readonly Kind[]): Promise<FoundThere> {
  const kinds = named ?? (await kindsThere(context));
  const campaign = document.campaign ?? randomUUID();
  const configurations = { ...supportedDocument(document, new Set(kinds)), campaign };
  const found = await askNow(context.peer, 'campaign.preflight', { campaign, configurations }, context.stopping);
  const sent = new Set(resourcesOf(configurations).map(({ kind, id }) => refOf(kind, id)));
  const left = supportedPart(resourcesOf(document), new Set(kinds));
  const decisions = [...found.decisions, ...left.decisions.filter(({ ref }) => !sent.has(ref))];
  const receiver = await context.peer.connected(context.stopping);
  const unknown = olderReceiver(document, (feature) => receiver.has(feature));
  // That an earlier release builds no images is said once, with what to do about it.
  const isSaid = ({ code }: Concern): boolean =>
    code === 'image.unsupported' && unknown.some((one) => one.code === 'image.older_receiver');
  const unbuilt = left.concerns.filter((concern) => !isSaid(concern));
  return { ...found, kinds, concerns: [...unknown, ...unbuilt, ...found.concerns], decisions };
}
