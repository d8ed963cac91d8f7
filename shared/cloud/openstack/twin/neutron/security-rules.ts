import { mayUse } from '../policy.ts';
import { badRequest, conflict } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { textOf } from '../text.ts';
import { type Check, type Given, integer, oneOf, orNull, prefix, readPost, text, unwrap, uuid } from './attributes.ts';
import { networkOf, readPrefix, writePrefix } from './ip.ts';
import { listAnswer, showAnswer } from './listing.ts';
import type { SecurityRule } from './model.ts';
import { defaultGroup, ruleView } from './security-groups.ts';
import { bump, checkQuota, missing, mustOwn, newStandard, seen } from './standard.ts';

/** Protocols by name and number (neutron_lib IP_PROTOCOL_MAP). */
const protocolNumbers: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  icmp: 1,
  igmp: 2,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  icmpv6: 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

const protocol: Check<string | null> = (value, name) => {
  const word = String(value).toLowerCase();
  if (value === null || word === 'any') return null;
  if (protocolNumbers[word] !== undefined || (/^\d+$/.test(word) && Number(word) <= 255)) return word;
  throw badRequest(
    `Security group rule ${name} ${textOf(value)} not supported. Only protocol values and integer representations [0 to 255] are supported.`,
    'SecurityGroupRuleInvalidProtocol',
  );
};

const attributes = {
  security_group_id: { check: uuid },
  direction: { check: oneOf('ingress', 'egress') },
  ethertype: { check: oneOf('IPv4', 'IPv6'), fallback: 'IPv4' as const },
  protocol: { check: protocol, fallback: null },
  port_range_min: { check: orNull(integer(0, 65535)), fallback: null },
  port_range_max: { check: orNull(integer(0, 65535)), fallback: null },
  remote_ip_prefix: { check: orNull(prefix), fallback: null },
  remote_group_id: { check: orNull(uuid), fallback: null },
  remote_address_group_id: { check: orNull(uuid), fallback: null },
  description: { check: text(), fallback: '' },
};

const filters = [...Object.keys(attributes), 'id', 'tenant_id', 'project_id', 'revision_number', 'created_at', 'updated_at'];
type Values = Given<typeof attributes>;

function checkPorts(values: Values): void {
  const { port_range_min: low, port_range_max: high } = values;
  if (low === null && high === null) return;
  if (values.protocol === null)
    throw badRequest('Must also specify protocol if port range is given.', 'SecurityGroupProtocolRequiredWithPorts');
  const number = protocolNumbers[values.protocol] ?? Number(values.protocol);
  if (number === 1 || number === 58) {
    if (low === null && high !== null)
      throw badRequest(
        `ICMP code (port-range-max) ${high} is provided but ICMP type (port-range-min) is missing.`,
        'SecurityGroupMissingIcmpType',
      );
    if ((low ?? 0) > 255 || (high ?? 0) > 255)
      throw badRequest('Invalid value for ICMP type or code.', 'SecurityGroupInvalidIcmpValue');
    return;
  }
  const hasPorts = [6, 17, 33, 132, 136].includes(number);
  if (!hasPorts)
    throw badRequest(`Invalid port range specified for protocol ${values.protocol}.`, 'SecurityGroupInvalidProtocolForPortRange');
  if (low === null || high === null || low > high)
    throw badRequest('Invalid range of ports: port_range_min must be <= port_range_max', 'SecurityGroupInvalidPortRange');
  if (low === 0) throw badRequest('Invalid port value 0', 'SecurityGroupInvalidPortValue');
}

function checkRemote(call: Call, values: Values): void {
  if (values.remote_ip_prefix !== null && values.remote_group_id !== null) {
    throw badRequest('Only remote_ip_prefix or remote_group_id may be provided.', 'SecurityGroupRemoteGroupAndRemoteIpPrefix');
  }
  const version = values.ethertype === 'IPv4' ? 4 : 6;
  if (values.remote_ip_prefix !== null && readPrefix(values.remote_ip_prefix)?.version !== version) {
    throw badRequest(
      `Conflicting value ethertype ${values.ethertype} for CIDR ${values.remote_ip_prefix}`,
      'SecurityGroupRuleParameterConflict',
    );
  }
  if (values.remote_group_id === null) return;
  const remote = call.cloud.state.groups.get(values.remote_group_id);
  if (remote === undefined || !mayUse(call.caller, remote.project)) throw missing.group(values.remote_group_id);
}

/** What makes two rules the same: everything but names and times. `0.0.0.0/0` counts as no prefix. */
const sameness = (rule: Omit<SecurityRule, keyof ReturnType<typeof newStandard>>): string => {
  const everywhere = rule.remotePrefix === '0.0.0.0/0' || rule.remotePrefix === '::/0';
  const number = rule.protocol === null ? null : (protocolNumbers[rule.protocol] ?? Number(rule.protocol));
  return JSON.stringify([
    rule.groupId,
    rule.direction,
    rule.ethertype,
    number,
    rule.portMin,
    rule.portMax,
    everywhere ? null : rule.remotePrefix,
    rule.remoteGroupId,
  ]);
};

function makeRule(call: Call, given: Record<string, unknown>): SecurityRule {
  const { cloud } = call;
  const { projectId, values } = readPost(call.caller, 'create_security_group_rule', attributes, given);
  const group = cloud.state.groups.get(values.security_group_id);
  if (group === undefined || !mayUse(call.caller, group.project)) throw missing.group(values.security_group_id);
  checkPorts(values);
  checkRemote(call, values);
  const remote = values.remote_ip_prefix === null ? undefined : readPrefix(values.remote_ip_prefix);
  const made = {
    groupId: group.id,
    direction: values.direction,
    ethertype: values.ethertype,
    protocol: values.protocol,
    portMin: values.port_range_min,
    portMax: values.port_range_max,
    remotePrefix: remote === undefined ? null : writePrefix(networkOf(remote)),
    remoteGroupId: values.remote_group_id,
  };
  const twin = [...cloud.state.rules.values()].find((rule) => sameness(rule) === sameness(made));
  if (twin !== undefined) throw conflict(`Security group rule already exists. Rule id is ${twin.id}.`, 'SecurityGroupRuleExists');
  checkQuota(cloud, projectId, 'security_group_rule');
  const rule: SecurityRule = { ...newStandard(projectId, values.description), ...made };
  cloud.state.rules.set(rule.id, rule);
  bump(cloud, group);
  return rule;
}

function createRules(call: Call): Answer {
  const { many, items } = unwrap(call.body, 'security_group_rule', 'security_group_rules');
  const views = items.map((item) => ruleView(makeRule(call, item)));
  return { status: 201, body: many ? { security_group_rules: views } : { security_group_rule: views[0] } };
}

function listRules(call: Call): Answer {
  if (call.caller.projectId !== '') defaultGroup(call.cloud, call.caller.projectId);
  const found = [...call.cloud.state.rules.values()].filter((rule) => mayUse(call.caller, rule.project));
  return listAnswer(call, 'security_group_rules', found.map(ruleView), filters);
}

const ruleOf = (call: Call): SecurityRule => seen(call, call.cloud.state.rules, missing.rule);

function deleteRule(call: Call): Answer {
  const rule = ruleOf(call);
  mustOwn(call, rule, 'delete_security_group_rule');
  call.cloud.state.rules.delete(rule.id);
  const group = call.cloud.state.groups.get(rule.groupId);
  if (group !== undefined) bump(call.cloud, group);
  call.cloud.changed();
  return { status: 204 };
}

/** Rules of security groups. */
export const ruleRoutes: readonly Route[] = [
  route('network', 'GET', '/v2.0/security-group-rules', listRules),
  route('network', 'POST', '/v2.0/security-group-rules', createRules),
  route('network', 'GET', '/v2.0/security-group-rules/:id', (call) =>
    showAnswer(call, 'security_group_rule', ruleView(ruleOf(call))),
  ),
  route('network', 'DELETE', '/v2.0/security-group-rules/:id', deleteRule),
];
