import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiRule, ApiSecurityGroup } from '../api.ts';
import { foreignTags } from '../stamp.ts';

/** Describes a security group without its rules. */
export function groupOf(group: ApiSecurityGroup): ResourceOf<'security_group'> {
  return {
    kind: 'security_group',
    id: group.id,
    name: group.name,
    needs: [],
    description: group.description ?? '',
    tags: foreignTags(group.tags),
    stateful: group.stateful ?? true,
  };
}

/** Describes one rule. */
export function ruleOf(rule: ApiRule): ResourceOf<'security_group_rule'> {
  const remote = rule.remote_group_id;
  return {
    kind: 'security_group_rule',
    id: rule.id,
    name: '',
    needs: [
      refOf('security_group', rule.security_group_id),
      ...(remote === null || remote === rule.security_group_id ? [] : [refOf('security_group', remote)]),
    ],
    description: rule.description ?? '',
    security_group_id: rule.security_group_id,
    direction: rule.direction,
    ethertype: rule.ethertype ?? 'IPv4',
    protocol: rule.protocol,
    port_range_min: rule.port_range_min,
    port_range_max: rule.port_range_max,
    remote_ip_prefix: rule.remote_ip_prefix,
    remote_group_id: remote,
  };
}

/** The groups that are named, with every group that their rules name, and so on. */
export function withRemoteGroups(all: readonly ApiSecurityGroup[], named: Iterable<string>): Set<string> {
  const byId = new Map(all.map((group) => [group.id, group]));
  const reached = new Set<string>();
  const open = [...named];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const group = byId.get(id);
    if (group === undefined || reached.has(id)) continue;
    reached.add(id);
    for (const rule of group.security_group_rules) if (rule.remote_group_id !== null) open.push(rule.remote_group_id);
  }
  return reached;
}
