import type { ApiSecurityGroup } from '../api.ts';

/** The given groups, and all groups that their rules name, directly or indirectly. */
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
