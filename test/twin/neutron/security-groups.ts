import type { Cloud } from '../cloud.ts';
import { conflict } from '../refusal.ts';
import type { Call } from '../route.ts';
import { bool, readPost, readPut, text } from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import { networkOf, readPrefix, writePrefix } from './ip.ts';
import type { SecurityGroup, SecurityRule } from './model.ts';
import { bump, checkQuota, missing, newStandard, standardView } from './standard.ts';

const attributes = {
  name: { check: text(), fallback: '' },
  description: { check: text(), fallback: '' },
  stateful: { check: bool, fallback: true },
};

/** A prefix without host bits. */
export function normalized(remotePrefix: string | null): string | null {
  const read = remotePrefix === null ? undefined : readPrefix(remotePrefix);
  return read === undefined ? null : writePrefix(networkOf(read));
}

/** The rule as Neutron shows it. */
export function ruleView(rule: SecurityRule): Record<string, unknown> {
  // Rules are the one thing with standard attributes that has no tags.
  const { tags: _none, ...standard } = standardView(rule);
  return {
    ...standard,
    security_group_id: rule.groupId,
    direction: rule.direction,
    ethertype: rule.ethertype,
    protocol: rule.protocol,
    port_range_min: rule.portMin,
    port_range_max: rule.portMax,
    remote_ip_prefix: rule.remotePrefix,
    remote_group_id: rule.remoteGroupId,
    remote_address_group_id: rule.remoteAddressGroupId ?? null,
    normalized_cidr: normalized(rule.remotePrefix),
  };
}

function groupView(cloud: Cloud, group: SecurityGroup): Record<string, unknown> {
  const rules = [...cloud.state.rules.values()].filter((rule) => rule.groupId === group.id).map(ruleView);
  return { ...standardView(group), name: group.name, stateful: group.stateful, shared: false, security_group_rules: rules };
}

type RulePart = Pick<SecurityRule, 'direction' | 'ethertype' | 'remoteGroupId'>;

/** Puts a rule into a group without asking. */
function giveRule(cloud: Cloud, group: SecurityGroup, part: RulePart): void {
  const open = { protocol: null, portMin: null, portMax: null, remotePrefix: null };
  const rule: SecurityRule = { ...newStandard(group.project), groupId: group.id, ...part, ...open };
  cloud.state.rules.set(rule.id, rule);
}

/** Every new group lets everything out. */
function newGroup(cloud: Cloud, project: string, name: string, description: string, stateful: boolean): SecurityGroup {
  const group: SecurityGroup = { ...newStandard(project, description), name, stateful };
  cloud.state.groups.set(group.id, group);
  for (const ethertype of ['IPv4', 'IPv6'] as const)
    giveRule(cloud, group, { direction: 'egress', ethertype, remoteGroupId: null });
  bump(cloud, group);
  return group;
}

/**
 * The group `default` of a project, made when it is first needed: it also lets its own members in.
 */
export function defaultGroup(cloud: Cloud, project: string): SecurityGroup {
  const known = [...cloud.state.groups.values()].find((group) => group.project === project && group.name === 'default');
  if (known !== undefined) return known;
  const group = newGroup(cloud, project, 'default', 'Default security group', true);
  for (const ethertype of ['IPv4', 'IPv6'] as const)
    giveRule(cloud, group, { direction: 'ingress', ethertype, remoteGroupId: group.id });
  return group;
}

function makeGroup({ cloud, caller }: Call, given: Record<string, unknown>): SecurityGroup {
  const { projectId, values } = readPost(caller, 'create_security_group', attributes, given);
  defaultGroup(cloud, projectId);
  if (values.name.toLowerCase() === 'default')
    throw conflict('Default security group already exists.', 'SecurityGroupDefaultAlreadyExists');
  checkQuota(cloud, projectId, 'security_group');
  checkQuota(cloud, projectId, 'security_group_rule', 2);
  return newGroup(cloud, projectId, values.name, values.description, values.stateful);
}

function changeGroup({ cloud, caller }: Call, group: SecurityGroup, given: Record<string, unknown>): void {
  const values = readPut(caller, 'update_security_group', attributes, given);
  if (group.name === 'default' && values.name !== undefined)
    throw conflict('Updating default security group not allowed.', 'SecurityGroupCannotUpdateDefault');
  group.name = values.name ?? group.name;
  group.description = values.description ?? group.description;
  group.stateful = values.stateful ?? group.stateful;
  bump(cloud, group);
}

function removeGroup({ cloud: { state }, caller }: Call, group: SecurityGroup): void {
  if (group.name === 'default' && !caller.admin)
    throw conflict('Insufficient rights for removing default security group.', 'SecurityGroupCannotRemoveDefault');
  if ([...state.ports.values()].some((port) => port.securityGroups.includes(group.id))) {
    throw conflict(`Security Group ${group.id} in use.`, 'SecurityGroupInUse');
  }
  // Rules elsewhere that name this group as their remote go with it.
  for (const rule of [...state.rules.values()])
    if (rule.groupId === group.id || rule.remoteGroupId === group.id) state.rules.delete(rule.id);
  state.groups.delete(group.id);
}

/** Security groups. */
export const groupRoutes = collectionRoutes<SecurityGroup>({
  one: 'security_group',
  many: 'security_groups',
  things: ({ cloud, caller }) => {
    // A project has its default group from the first look on.
    if (caller.projectId !== '') defaultGroup(cloud, caller.projectId);
    return cloud.state.groups;
  },
  none: missing.group,
  view: ({ cloud }, group) => groupView(cloud, group),
  attributes,
  filters: ['shared'],
  make: makeGroup,
  change: changeGroup,
  remove: removeGroup,
});
