import { accepts } from '../../../model/accepted.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiQosPolicy, ApiThing } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { rulesOf } from '../attributes/qos-policy.ts';
import { requestFor } from '../attributes/request.ts';
import { partOf } from '../session/answer.ts';
import { createOrFind } from '../session/late.ts';
import { adoptedAsMapped } from './existing.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, removeStamped, stampedId } from './stamped.ts';

/** QoS policies: created with all their rules, or adopted as the plan maps them. */
export const qosPolicy: Family<'qos_policy'> = {
  async ensure(site, resource, context) {
    const ref = refOf('qos_policy', resource.id);
    const adopted = await adoptedAsMapped(site, 'qos_policies', resource, context);
    if (adopted !== null) return adopted;
    const { is_default, ...others } = await requestFor(site, resource, context);
    const isLeft = is_default === undefined || accepts(context.mappings, 'qos_policy.default_taken', ref);
    const attributes = isLeft ? others : { ...others, is_default };
    const wanted = { ref, attributes, description: resource.description, tags: resource.tags };
    const { thing, how } = await ensureStamped<ApiQosPolicy>(site, collections.qos_policy, wanted, context, ({ id }) =>
      addRules(site, id, resource, context),
    );
    return { id: thing.id, how };
  },

  find: (site, resource, context) => stampedId(site, collections.qos_policy, refOf('qos_policy', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await read(site, id, context.signal);
    return is === null ? gone('QoS policy', id) : differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.qos_policy, id, campaign, patience, ref),
};

/**
 * The types of rules that the destination's drivers have; null where it does not tell. Network API
 * v2.0, "List QoS rule types".
 */
export async function ruleTypes(site: Site, signal: AbortSignal): Promise<ReadonlySet<string> | null> {
  const call = { method: 'GET', service: 'network', path: '/qos/rule-types', tolerate: [403, 404], signal } as const;
  const { status, body } = await site.session.call(call);
  if (status !== 200) return null;
  const all = partOf<readonly { readonly type: string }[]>(body, 'rule_types', 'GET /qos/rule-types');
  return Array.isArray(all) ? new Set(all.map((one: { readonly type?: string } | null) => String(one?.type))) : null;
}

/** Creates the rules that a policy lacks, but for those that the plan leaves out. */
async function addRules(site: Site, id: string, resource: ResourceOf<'qos_policy'>, context: BuildContext): Promise<void> {
  const { mappings, signal } = context;
  const isCut = accepts(mappings, 'qos_policy.rule_unsupported', refOf('qos_policy', resource.id));
  const types = isCut ? await ruleTypes(site, signal) : null;
  for (const rule of resource.rules) {
    if (types?.has(rule.type) === false || (await hasRule(site, id, rule, signal))) continue;
    const { type, ...body } = rule;
    const path = `/qos/policies/${id}/${type}_rules`;
    await createOrFind<unknown>(
      () => site.send('POST', 'network', path, { [`${type}_rule`]: body }, `${type}_rule`, signal),
      async () => ((await hasRule(site, id, rule, signal)) ? rule : null),
      signal,
    );
  }
}

async function hasRule(site: Site, id: string, rule: ApiThing, signal: AbortSignal): Promise<boolean> {
  const is = await read(site, id, signal);
  return rulesOf(is?.rules ?? []).includes(String(rulesOf([rule]).at(0)));
}

function read(site: Site, id: string, signal: AbortSignal): Promise<ApiQosPolicy | null> {
  return site.get<ApiQosPolicy>('network', `/qos/policies/${id}`, 'policy', signal);
}
