import { refOf } from '../../../model/resource.ts';
import { ranges } from '../attributes/address-group.ts';
import { compare } from '../attributes/differences.ts';
import { remoteAddressGroups } from '../attributes/extensions.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';

/**
 * A rule that cannot name its address group must not be built without it, because it would then let
 * in everybody. Skipping the group skips its rules.
 */
export const unnamedAddressGroups: PreflightRule = (view) => {
  if (!view.lacks.has(remoteAddressGroups)) return [];
  const named = new Set(created(view, view.of('security_group_rule')).map((rule) => rule.remote_address_group_id));
  const [first, ...others] = view.of('address_group').filter(({ id }) => named.has(id));
  if (first === undefined) return [];
  return [
    blocking(
      'extension.absent',
      refOf('address_group', first.id),
      `The destination's Neutron lacks the extension ${remoteAddressGroups}, without which no rule names an address group: ${[first, ...others].map(({ name, id }) => name || id).join(', ')}.`,
      'Enable it at the destination, or skip the address groups with the rules that name them.',
    ),
  ];
};

/** An address group that is adopted keeps its addresses, whoever they let in. */
export const differingAddressGroups: PreflightRule = (view) =>
  view.of('address_group').flatMap(({ id, addresses }) => {
    const there = view.target('address_groups', id);
    if (!there) return [];
    const found = compare({ addresses: [ranges(addresses), ranges(there.addresses)] });
    if (found.length === 0) return [];
    return [
      warning(
        'address_group.differs',
        refOf('address_group', id),
        `The address group ${there.name} is adopted, and differs: ${found.join('; ')}.`,
        'Change it at the destination, or map the group to `create`.',
      ),
    ];
  });
