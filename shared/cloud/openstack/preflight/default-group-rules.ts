import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiRule } from '../api.ts';
import { sameRule } from '../builders/rule.ts';
import { isDefaultGroup } from '../group-name.ts';
import { addressGroupThere, created } from './decisions.ts';
import { type PreflightRule, warning } from './rules.ts';

/** The destination's default group is adopted together with the rules it already has. */
export const openDefaultGroup: PreflightRule = (view) => {
  const group = view.of('security_group').find(isDefaultGroup);
  if (group === undefined) return [];
  const own = view.of('security_group_rule').filter((rule) => rule.security_group_id === group.id);
  const to = (id: string | null): string | null => (id === group.id ? view.defaultGroup.id : id);
  const there = (one: (typeof own)[number]) => ({
    ...one,
    remote_group_id: to(one.remote_group_id),
    remote_address_group_id: addressGroupThere(view, one.remote_address_group_id),
  });
  const extra = view.defaultGroup.security_group_rules.filter((rule) => !own.some((one) => sameRule(there(one), rule)));
  if (extra.length === 0) return [];
  const says = `The destination's default group allows more than the source's: ${inWords(extra)}.`;
  return [
    warning(
      'security_group.default_open',
      refOf('security_group', group.id),
      says,
      'Remove these rules at the destination, if nothing else needs them.',
    ),
  ];
};

/**
 * Rules added to the destination's default group apply to every port in it, not only to the moved
 * ones.
 */
export const widenedDefaultGroup: PreflightRule = (view) => {
  const group = view.of('security_group').find(isDefaultGroup);
  if (group === undefined) return [];
  const own = view.of('security_group_rule').filter((rule) => rule.security_group_id === group.id);
  const rules = created(view, own);
  if (rules.length === 0) return [];
  return [
    warning(
      'security_group.default_widened',
      refOf('security_group', group.id),
      `The destination's default group, which other servers of the project may use, is widened by rules of the source's: ${inWords(rules)}.`,
      'Give the source’s ports a group of their own first, if those servers must not be reached so.',
    ),
  ];
};

type ToldRule = Pick<
  ApiRule | ResourceOf<'security_group_rule'>,
  'direction' | 'ethertype' | 'protocol' | 'port_range_min' | 'remote_ip_prefix' | 'remote_group_id' | 'remote_address_group_id'
>;

function inWords(rules: readonly ToldRule[]): string {
  const texts = rules.map(
    (rule) =>
      `${rule.direction} ${rule.ethertype} ${rule.protocol ?? 'any'} ${rule.port_range_min ?? ''} ${rule.remote_ip_prefix ?? rule.remote_group_id ?? rule.remote_address_group_id ?? 'anywhere'}`,
  );
  return texts.join('; ').replace(/\s+/g, ' ');
}
