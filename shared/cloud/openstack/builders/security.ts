import { mappedTo } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiRule, ApiSecurityGroup, ApiThing } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { isDefaultGroup } from '../group-name.ts';
import { createOrFind } from '../session/late.ts';
import { tagsOf } from '../stamp.ts';
import { defaultGroup } from './default-group.ts';
import { adoptedAsMapped } from './existing.ts';
import { equal, type Family, gone } from './family.ts';
import { sameRule } from './rule.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, removeNeutron, removeStamped, stampedId } from './stamped.ts';

/**
 * Security groups without their rules; the project's `default` group is adopted, and one that the
 * plan maps.
 */
export const securityGroup: Family<'security_group'> = {
  async ensure(site, resource, context) {
    if (isDefaultGroup(resource)) return { id: (await defaultGroup(site, context.signal)).id, how: 'adopted' };
    const about = refOf('security_group', resource.id);
    const adopted = await adoptedAsMapped(site, 'security_groups', resource, context);
    if (adopted !== null) return adopted;
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref: about, attributes, description: resource.description, tags: resource.tags };
    const { thing, how } = await ensureStamped<ApiSecurityGroup>(site, collections.security_group, wanted, context, (born) =>
      emptied(site, born, context),
    );
    return { id: thing.id, how };
  },

  find: (site, resource, context) => stampedId(site, collections.security_group, refOf('security_group', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await readGroup(site, id, context.signal);
    if (is === null) return gone('security group', id);
    return isDefaultGroup(resource) ? equal : differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.security_group, id, campaign, patience, ref),
};

/**
 * Deletes the egress rules that Neutron adds to a new group. Those that the source has are built
 * like other rules.
 */
async function emptied(site: Site, group: ApiSecurityGroup, { signal }: BuildContext): Promise<void> {
  for (const rule of group.security_group_rules)
    await site.session.call({
      method: 'DELETE',
      service: 'network',
      path: `/security-group-rules/${rule.id}`,
      mayBeGone: true,
      signal,
    });
}

function readGroup(site: Site, id: string, signal: AbortSignal): Promise<ApiSecurityGroup | null> {
  return site.get<ApiSecurityGroup>('network', `/security-groups/${id}`, 'security_group', signal);
}

/**
 * Rules, found by content in groups we built or adopted: Neutron allows no duplicates, and often no
 * tags. In an adopted group, a rule that appeared after the ledger's note of its creation is ours.
 */
export const securityGroupRule: Family<'security_group_rule'> = {
  async ensure(site, resource, context) {
    const adopted = isInAdopted(resource, context);
    const found = await findRule(site, resource, context);
    if (found !== null) return { id: found.id, how: adopted && !isOurs(found, resource, context) ? 'adopted' : 'found' };
    const rule = await requestFor(site, resource, context);
    const body = { security_group_rule: rule };
    const made = await createOrFind(
      () => site.send<ApiRule>('POST', 'network', '/security-group-rules', body, 'security_group_rule', context.signal),
      () => findRule(site, resource, context),
      context.signal,
    );
    // In our own group, content identifies a rule. In an adopted group only a tag shows which
    // rules are ours.
    if (adopted) await tag(site, made, resource, context);
    return { id: made.id, how: 'created' };
  },

  async find(site, resource, context) {
    const found = await findRule(site, resource, context);
    if (found === null || (isInAdopted(resource, context) && !isOurs(found, resource, context))) return null;
    return found.id;
  },

  async occupied(site, resource, context) {
    return isInAdopted(resource, context) && (await findRule(site, resource, context)) !== null;
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiRule>('network', `/security-group-rules/${id}`, 'security_group_rule', context.signal);
    if (is === null) return gone('security group rule', id);
    // A rule of the adopted default group may be another user's, with its own description.
    const adopted = isInAdopted(resource, context) && sameRule(contentOf(resource, context), is);
    return adopted ? equal : differencesOf(site, resource, is, context);
  },

  async remove(site, id, _campaign, patience) {
    const path = `/security-group-rules/${id}`;
    const is = await site.get<ApiRule>('network', path, 'security_group_rule', patience.signal);
    if (is === null) return false;
    await removeNeutron(site, path, patience);
    return true;
  },
};

/** Whether the group of a rule is adopted. */
function isInAdopted({ security_group_id }: ResourceOf<'security_group_rule'>, context: BuildContext): boolean {
  if (mappedTo(context.mappings, 'security_groups', security_group_id) !== null) return true;
  return isDefaultGroup(context.resource(refOf('security_group', security_group_id)));
}

function isOurs(
  rule: ApiRule,
  resource: ResourceOf<'security_group_rule'>,
  { campaign, claimed = false }: BuildContext,
): boolean {
  return claimed || tagsOf(campaign, refOf('security_group_rule', resource.id)).every((tag) => rule.tags?.includes(tag));
}

/**
 * Older Neutrons answer 404 to tags on rules. The ledger alone then shows a rule to be ours.
 */
async function tag(site: Site, rule: ApiRule, resource: ResourceOf<'security_group_rule'>, context: BuildContext): Promise<void> {
  const tags = tagsOf(context.campaign, refOf('security_group_rule', resource.id));
  const path = `/security-group-rules/${rule.id}/tags`;
  const { signal } = context;
  await site.session.call({ method: 'PUT', service: 'network', path, body: { tags }, tolerate: [400, 404], signal });
}

function contentOf(resource: ResourceOf<'security_group_rule'>, context: BuildContext): ApiThing {
  const { remote_group_id: group, remote_address_group_id: addresses } = resource;
  return {
    ...resource,
    remote_group_id: group === null ? null : context.built(refOf('security_group', group)),
    remote_address_group_id: addresses === null ? null : context.built(refOf('address_group', addresses)),
  };
}

async function findRule(site: Site, resource: ResourceOf<'security_group_rule'>, context: BuildContext): Promise<ApiRule | null> {
  const security_group_id = context.built(refOf('security_group', resource.security_group_id));
  const rules = await site.network<ApiRule>(
    '/security-group-rules',
    'security_group_rules',
    { security_group_id },
    context.signal,
  );
  const content = contentOf(resource, context);
  return rules.find((rule) => rule.security_group_id === security_group_id && sameRule(content, rule)) ?? null;
}
