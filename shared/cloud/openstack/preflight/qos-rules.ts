import { type Ref, refOf } from '../../../model/resource.ts';
import { compare } from '../attributes/differences.ts';
import { rulesOf } from '../attributes/qos-policy.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';

/**
 * Only an admin creates QoS policies (neutron/conf/policies/qos.py, `create_policy`); a cloud's own
 * policies may allow it to others, which nothing tells before.
 */
export const qosRights: PreflightRule = (view) => {
  const [first, ...others] = view.admin ? [] : created(view, view.of('qos_policy'));
  if (first === undefined) return [];
  const about = refOf('qos_policy', first.id);
  const refs: Ref[] = [about, ...others.map(({ id }) => refOf('qos_policy', id))];
  return [
    blocking(
      'qos_policy.rights',
      about,
      `By default only an admin of the destination may create QoS policies: ${[first, ...others].map(({ name, id }) => name || id).join(', ')}.`,
      `Use an admin's credentials, or map them to policies of the destination. Or skip ${refs.join(', ')}: what has them is then built without.`,
    ),
  ];
};

/** A rule that no driver has is refused when a port gets its policy, after its server's stop. */
export const qosRuleTypes: PreflightRule = (view) => {
  const { types } = view.qos;
  if (types === null) return [];
  return created(view, view.of('qos_policy')).flatMap(({ id, name, rules }) => {
    const unknown = [...new Set(rules.map(({ type }) => type).filter((type) => !types.has(type)))];
    if (unknown.length === 0) return [];
    return [
      blocking(
        'qos_policy.rule_unsupported',
        refOf('qos_policy', id),
        `The QoS policy ${name || id} has rules that the destination's drivers do not have: ${unknown.join(', ')}.`,
        'Map it to a policy of the destination, skip it, or accept that it is built without these rules.',
      ),
    ];
  });
};

/** A project has one default policy (neutron/objects/qos/policy.py, set_default). */
export const qosDefaults: PreflightRule = (view) => {
  const there = view.qos.own.find(({ is_default }) => is_default === true);
  if (there === undefined) return [];
  return created(view, view.of('qos_policy'))
    .filter(({ is_default }) => is_default)
    .map(({ id, name }) =>
      blocking(
        'qos_policy.default_taken',
        refOf('qos_policy', id),
        `The QoS policy ${name || id} is the default one of its project; at the destination that is ${there.name || there.id}.`,
        'Map it to that one, skip it, or accept that it is built as an ordinary one.',
      ),
    );
};

/** A QoS policy that is adopted keeps its rules. */
export const differingQosPolicies: PreflightRule = (view) =>
  view.of('qos_policy').flatMap(({ id, rules }) => {
    const there = view.target('qos_policies', id);
    if (!there) return [];
    const found = compare({ rules: [rulesOf(rules), rulesOf(there.rules)] });
    if (found.length === 0) return [];
    return [
      warning(
        'qos_policy.differs',
        refOf('qos_policy', id),
        `The QoS policy ${there.name || there.id} is adopted, and differs: ${found.join('; ')}.`,
        'Change it at the destination, or map the policy to `create`.',
      ),
    ];
  });
