import type { ApiQosPolicy } from '../../../shared/cloud/openstack/api.ts';
import type { QosThere } from '../../../shared/cloud/openstack/facts/qos.ts';
import { aResource } from '../../conformance/tenant.ts';
import type { Case, Cases, Situation } from './case.ts';
import type { Look } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

const limit = { type: 'bandwidth_limit', max_kbps: 3000, max_burst_kbps: 0, direction: 'egress' };
const policy = aResource('qos_policy', { id: 'q', name: 'slow', is_default: true, rules: [limit] });

const there = (fields: Partial<ApiQosPolicy> = {}): ApiQosPolicy => ({
  id: 'q-there',
  project_id: 'p',
  name: 'q-there',
  rules: [{ id: 'r', ...limit }],
  ...fields,
});

/** The cases of QoS policies at the destination. */
export function qosCases(look: Look): Cases {
  const resources = [policy];
  const as = (what: string, admin: boolean, qos: Partial<QosThere> = {}): Situation =>
    look(what, () => ({ resources, destination: { admin, qos: { types: null, own: [], ...qos } } }));
  const mapped = (what: string, target: ApiQosPolicy): Situation =>
    look(what, () => ({
      resources,
      destination: { targets: { qos_policies: [target] } },
      mappings: { qos_policies: { q: { to: target.id } } },
    }));
  return {
    'qos_policy.rights': between(as('a member’s credentials', false), as('an admin’s', true)),
    'qos_policy.rule_unsupported': between(
      as('drivers that only mark', true, { types: new Set(['dscp_marking']) }),
      as('drivers that limit', true, { types: new Set(['bandwidth_limit']) }),
    ),
    'qos_policy.default_taken': between(
      as('a default policy there', true, { own: [there({ is_default: true })] }),
      as('an ordinary one', true, { own: [there({ is_default: false })] }),
    ),
    'qos_policy.differs': between(
      mapped('a mapped policy with another limit', there({ rules: [{ id: 'r', ...limit, max_kbps: 9 }] })),
      mapped('one with the same', there()),
    ),
  };
}
