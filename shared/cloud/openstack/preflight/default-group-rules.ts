import { refOf } from '../../../model/resource.ts';
import { isDefaultGroup } from '../builders/default-group.ts';
import { sameRule } from '../builders/rule.ts';
import { type Rule, warning } from './rules.ts';

/** The destination's default group is adopted with what it allows already. */
export const openDefaultGroup: Rule = (view) => {
  const group = view.of('security_group').find(isDefaultGroup);
  if (group === undefined) return [];
  const own = view.of('security_group_rule').filter((rule) => rule.security_group_id === group.id);
  const to = (id: string | null): string | null => (id === group.id ? view.defaultGroup.id : id);
  const extra = view.defaultGroup.security_group_rules.filter(
    (rule) => !own.some((one) => sameRule({ ...one, remote_group_id: to(one.remote_group_id) }, rule)),
  );
  if (extra.length === 0) return [];
  const texts = extra.map(
    (rule) =>
      `${rule.direction} ${rule.ethertype} ${rule.protocol ?? 'any'} ${rule.port_range_min ?? ''} ${rule.remote_ip_prefix ?? rule.remote_group_id ?? 'anywhere'}`,
  );
  const says = `The destination's default group allows more than the source's: ${texts.join('; ').replace(/\s+/g, ' ')}.`;
  return [
    warning(
      'security_group.default_open',
      refOf('security_group', group.id),
      says,
      'Remove these rules at the destination, if nothing else needs them.',
    ),
  ];
};
