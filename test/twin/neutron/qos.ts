import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { type Caller, mayUse } from '../policy.ts';
import { conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { bool, dictionary, integer, oneOf, readPost, readPut, refuseMember, text } from './attributes.ts';
import { collectionRoutes, sentFor, thingOf } from './collection.ts';
import { extensionsOf, mustOffer } from './extensions.ts';
import { listAnswer } from './listing.ts';
import type { QosPolicy, QosRule } from './model.ts';
import { setShared } from './sharing.ts';
import { bump, isSharedWith, missing, mustOwn, newStandard, standardView } from './standard.ts';

const attributes = {
  name: { check: text(), fallback: '' },
  description: { check: text(), fallback: '' },
  shared: { check: bool, fallback: false },
  is_default: { check: bool, fallback: false },
};

const number = integer(0, 2 ** 31 - 1);
const way = { check: oneOf('egress', 'ingress'), fallback: 'egress' };

/** neutron_lib/api/definitions: qos.py and what extends it. */
const ruleAttributes = {
  bandwidth_limit: { max_kbps: { check: number }, max_burst_kbps: { check: number, fallback: 0 }, direction: way },
  dscp_marking: { dscp_mark: { check: integer(0, 56) } },
  minimum_bandwidth: { min_kbps: { check: number }, direction: way },
  minimum_packet_rate: {
    min_kpps: { check: number },
    direction: { check: oneOf('egress', 'ingress', 'any'), fallback: 'egress' },
  },
  packet_rate_limit: { max_kpps: { check: number }, max_burst_kpps: { check: number, fallback: 0 }, direction: way },
} as const;
type RuleType = keyof typeof ruleAttributes;
const types = Object.keys(ruleAttributes) as RuleType[];

/** The types of rules that the driver of Open vSwitch has. */
export const everyRule: readonly string[] = types;

/** Whether the caller finds a policy: its own, and those that are shared. */
const seesPolicy = (caller: Caller, policy: QosPolicy): boolean => mayUse(caller, policy.project) || isSharedWith(caller, policy);

function ruleView(policy: QosPolicy, { id, type, values }: QosRule): Record<string, unknown> {
  return { id, qos_policy_id: policy.id, ...values, type };
}

function policyView({ caller }: Call, policy: QosPolicy): Record<string, unknown> {
  return {
    ...standardView(policy),
    name: policy.name,
    shared: isSharedWith(caller, policy),
    is_default: policy.isDefault,
    rules: policy.rules.map((rule) => ruleView(policy, rule)),
  };
}

/** neutron/objects/qos/policy.py, set_default. */
function mustBeOnlyDefault({ state }: Cloud, project: string, id: string): void {
  const other = [...state.qosPolicies.values()].find((one) => one.isDefault && one.project === project && one.id !== id);
  if (other !== undefined) throw conflict(`A default QoS policy exists for project ${project}.`, 'QoSPolicyDefaultAlreadyExists');
}

/** Only admins write policies and rules (neutron/conf/policies/qos.py). */
function makePolicy({ cloud, caller }: Call, given: Record<string, unknown>): QosPolicy {
  mustOffer(cloud, 'qos');
  const { projectId, values } = readPost(caller, 'create_policy', attributes, given);
  refuseMember(caller, 'create_policy');
  const policy: QosPolicy = {
    ...newStandard(projectId, values.description),
    name: values.name,
    isDefault: values.is_default,
    rules: [],
  };
  if (policy.isDefault) mustBeOnlyDefault(cloud, projectId, policy.id);
  cloud.state.qosPolicies.set(policy.id, policy);
  setShared(cloud, 'qos_policy', policy, values.shared);
  cloud.changed();
  return policy;
}

function changePolicy({ cloud, caller }: Call, policy: QosPolicy, given: Record<string, unknown>): void {
  const values = readPut(caller, 'update_policy', attributes, given);
  refuseMember(caller, 'update_policy');
  if (values.is_default === true) mustBeOnlyDefault(cloud, policy.project, policy.id);
  policy.name = values.name ?? policy.name;
  policy.description = values.description ?? policy.description;
  if (values.shared !== undefined) setShared(cloud, 'qos_policy', policy, values.shared);
  policy.isDefault = values.is_default ?? policy.isDefault;
  bump(cloud, policy);
}

/** What has a policy keeps it (QosPolicy.delete). */
function removePolicy({ cloud: { state }, caller }: Call, { id }: QosPolicy): void {
  refuseMember(caller, 'delete_policy');
  const users = [
    ...[...state.ports.values()].map((one) => ['port', one.id, one.qosPolicyId] as const),
    ...[...state.networks.values()].map((one) => ['network', one.id, one.qosPolicyId] as const),
    ...[...state.floatingIps.values()].map((one) => ['fip', one.id, one.qosPolicyId] as const),
    ...[...state.routers.values()].map((one) => ['router', one.id, one.qosPolicyId] as const),
  ];
  const user = users.find(([, , policy]) => policy === id);
  if (user !== undefined) throw conflict(`QoS Policy ${id} is used by ${user[0]} ${user[1]}.`, 'QosPolicyInUse');
  state.qosPolicies.delete(id);
}

const collection = {
  path: '/v2.0/qos/policies',
  one: 'policy',
  many: 'policies',
  things: ({ cloud }: Call) => {
    mustOffer(cloud, 'qos');
    return cloud.state.qosPolicies;
  },
  none: missing.qosPolicy,
  visible: ({ caller }: Call, policy: QosPolicy) => seesPolicy(caller, policy),
  view: policyView,
  attributes,
  filters: [],
  make: makePolicy,
  change: changePolicy,
  remove: removePolicy,
};

/** The policy that something is to have; null for none. */
export function policyFor({ cloud, caller }: Call, id: string | null): string | null {
  if (id === null) return null;
  const policy = cloud.state.qosPolicies.get(id);
  if (policy === undefined || !seesPolicy(caller, policy)) throw missing.qosPolicy(id);
  return id;
}

/**
 * A port takes a policy only if a driver has all its rules (QosServiceDriverManager,
 * validate_rule_for_port).
 */
export function mustHaveRules({ state, settings }: Cloud, policyId: string | null): void {
  const unknown = state.qosPolicies.get(policyId ?? '')?.rules.find(({ type }) => !settings.qosRules.includes(type));
  if (unknown !== undefined) throw conflict(`Rule ${unknown.type} is not supported by port's driver.`, 'QosRuleNotSupported');
}

/** A network without a policy gets the default one (core_extensions/qos.py). */
export function policyForNetwork(call: Call, project: string, id: string | null): string | null {
  const standard = [...call.cloud.state.qosPolicies.values()].find((one) => one.isDefault && one.project === project);
  return policyFor(call, id) ?? standard?.id ?? null;
}

/** What things show of their policy, where Neutron has such. */
export function policyShown(cloud: Cloud, id: string | null | undefined, alias = 'qos'): object {
  return extensionsOf(cloud).some((one) => one.alias === alias) ? { qos_policy_id: id ?? null } : {};
}

/** Two rules of one type differ in their direction (neutron/objects/qos/rule.py, duplicates). */
function addRule(call: Call, type: RuleType): Answer {
  const policy = thingOf(collection, call);
  mustOwn(call, policy, `create_policy_${type}_rule`);
  refuseMember(call.caller, `create_policy_${type}_rule`);
  const { values } = readPost(
    call.caller,
    'create_rule',
    ruleAttributes[type],
    dictionary(sentFor({ one: `${type}_rule`, many: `${type}_rules` }, call), type),
  );
  const rule: QosRule = { id: newUuid(), type, values };
  const twin = policy.rules.find((one) => one.type === type && one.values['direction'] === rule.values['direction']);
  if (twin !== undefined) throw conflict(`Rule ${type} already exists in QoS Policy ${policy.id}.`, 'QoSRuleParameterConflict');
  const isHeld = [...call.cloud.state.ports.values()].some(({ qosPolicyId }) => qosPolicyId === policy.id);
  if (isHeld && !call.cloud.settings.qosRules.includes(type))
    throw conflict(`Rule ${type} is not supported by port's driver.`, 'QosRuleNotSupported');
  policy.rules = [...policy.rules, rule];
  bump(call.cloud, policy);
  return { status: 201, body: { [`${type}_rule`]: { ...ruleView(policy, rule), type: undefined } } };
}

/** QoS policies and their rules (neutron/services/qos/qos_plugin.py). */
export const qosRoutes: readonly Route[] = [
  route('network', 'GET', '/v2.0/qos/rule-types', (call) => {
    mustOffer(call.cloud, 'qos');
    return listAnswer(
      call,
      'rule_types',
      call.cloud.settings.qosRules.map((type) => ({ type })),
      ['type'],
    );
  }),
  ...types.map((type) => route('network', 'POST', `/v2.0/qos/policies/:id/${type}_rules`, (call) => addRule(call, type))),
  ...types.map((type) =>
    route('network', 'DELETE', `/v2.0/qos/policies/:id/${type}_rules/:rule`, (call) => {
      const policy = thingOf(collection, call);
      refuseMember(call.caller, `delete_policy_${type}_rule`);
      const left = policy.rules.filter(({ id }) => id !== call.param('rule'));
      if (left.length === policy.rules.length)
        throw notFound(`QoS rule ${call.param('rule')} for policy ${policy.id} could not be found.`, 'QosRuleNotFound');
      policy.rules = left;
      bump(call.cloud, policy);
      return { status: 204 };
    }),
  ),
  ...collectionRoutes<QosPolicy>(collection),
];
