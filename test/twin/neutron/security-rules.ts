import { mayUse } from '../policy.ts';
import { badRequest, conflict } from '../refusal.ts';
import type { Call } from '../route.ts';
import { textOf } from '../text.ts';
import { type Check, type Given, integer, oneOf, orNull, prefix, readPost, text, uuid } from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import { readPrefix } from './ip.ts';
import type { SecurityRule, Standard } from './model.ts';
import { hasPorts, isSixOnly, protocol, protocolNumber } from './protocols.ts';
import { defaultGroup, normalized, ruleView } from './security-groups.ts';
import { bump, checkQuota, missing, newStandard } from './standard.ts';

const ethertype: Check<'IPv4' | 'IPv6'> = (value, name) => {
  const word = textOf(value).toLowerCase();
  return oneOf('IPv4', 'IPv6')(word === 'ipv4' ? 'IPv4' : word === 'ipv6' ? 'IPv6' : value, name);
};

/** Kept as it is written, host bits and all. */
const remotePrefix: Check<string> = (value, name) => {
  if (typeof value !== 'string' || readPrefix(value) === undefined) {
    throw badRequest(`Invalid CIDR ${textOf(value)} given as IP prefix.`, 'InvalidCIDR');
  }
  return prefix(value, name);
};

const attributes = {
  security_group_id: { check: uuid },
  direction: { check: oneOf('ingress', 'egress') },
  ethertype: { check: ethertype, fallback: 'IPv4' as const },
  protocol: { check: protocol, fallback: null },
  port_range_min: { check: orNull(integer(0, 65535)), fallback: null },
  port_range_max: { check: orNull(integer(0, 65535)), fallback: null },
  remote_ip_prefix: { check: orNull(remotePrefix), fallback: null },
  remote_group_id: { check: orNull(uuid), fallback: null },
  remote_address_group_id: { check: orNull(uuid), fallback: null },
  description: { check: text(), fallback: '' },
};

type Values = Given<typeof attributes>;
type RulePart = Omit<SecurityRule, keyof Standard>;

function checkPorts(values: Values): void {
  const { port_range_min: low, port_range_max: high } = values;
  if (low === null && high === null) return;
  if (values.protocol === null)
    throw badRequest('Must also specify protocol if port range is given.', 'SecurityGroupProtocolRequiredWithPorts');
  const number = protocolNumber(values.protocol);
  if (number === 1 || number === 58) {
    checkIcmp(low, high);
    return;
  }
  if (!hasPorts(number)) {
    const message = `Ports cannot be specified for protocol ${number}. Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.`;
    throw badRequest(message, 'SecurityGroupInvalidProtocolForPort');
  }
  if (low === 0 || high === 0) throw badRequest('Invalid value for port 0', 'SecurityGroupInvalidPortValue');
  if (low === null || high === null || low > high) {
    throw badRequest('For TCP/UDP protocols, port_range_min must be <= port_range_max', 'SecurityGroupInvalidPortRange');
  }
}

/** ICMP has its type and code where others have ports. */
function checkIcmp(type: number | null, code: number | null): void {
  const refuse = (field: string, value: number) =>
    badRequest(`Invalid value for ICMP ${field} ${value}. It must be 0 to 255.`, 'SecurityGroupInvalidIcmpValue');
  if (type !== null && type > 255) throw refuse('type (port_range_min)', type);
  if (code !== null && code > 255) throw refuse('code (port_range_max)', code);
  if (type === null && code !== null) {
    throw badRequest(
      `ICMP code (port-range-max) ${code} is provided but ICMP type (port-range-min) is missing.`,
      'SecurityGroupMissingIcmpType',
    );
  }
}

function checkRemote(call: Call, values: Values): void {
  if (values.remote_ip_prefix !== null && values.remote_group_id !== null) {
    const message = 'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.';
    throw badRequest(message, 'SecurityGroupMultipleRemoteEntites');
  }
  const version = values.ethertype === 'IPv4' ? 4 : 6;
  if (values.remote_ip_prefix !== null && readPrefix(values.remote_ip_prefix)?.version !== version) {
    throw badRequest(
      `Conflicting value ethertype ${values.ethertype} for CIDR ${values.remote_ip_prefix}`,
      'SecurityGroupRuleParameterConflict',
    );
  }
  const addressGroup = values.remote_address_group_id;
  if (addressGroup !== null) {
    const named = call.cloud.state.addressGroups.get(addressGroup);
    if (named === undefined || !mayUse(call.caller, named.project)) throw missing.addressGroup(addressGroup);
  }
  if (values.remote_group_id === null) return;
  const remote = call.cloud.state.groups.get(values.remote_group_id);
  if (remote === undefined || !mayUse(call.caller, remote.project)) throw missing.group(values.remote_group_id);
}

/** ICMP for IPv6 has one name, whatever it was called. */
function canonicalProtocol(values: Values): string | null {
  const { protocol: word, ethertype: type } = values;
  if (word === null) return null;
  if (type === 'IPv4' && isSixOnly(protocolNumber(word))) {
    throw badRequest(`Invalid ethertype IPv4 for protocol ${word}.`, 'SecurityGroupEthertypeConflictWithProtocol');
  }
  return type === 'IPv6' && (word === 'icmp' || word === 'icmpv6') ? 'ipv6-icmp' : word;
}

/**
 * What makes two rules the same: everything but names and times; a prefix that holds everything
 * counts as none.
 */
function sameness(rule: RulePart): string {
  const everywhere = rule.remotePrefix === '0.0.0.0/0' || rule.remotePrefix === '::/0';
  const number = rule.protocol === null ? null : protocolNumber(rule.protocol);
  const remote = everywhere ? null : normalized(rule.remotePrefix);
  return JSON.stringify([
    rule.groupId,
    rule.direction,
    rule.ethertype,
    number,
    rule.portMin,
    rule.portMax,
    remote,
    rule.remoteGroupId,
    rule.remoteAddressGroupId ?? null,
  ]);
}

function makeRule(call: Call, given: Record<string, unknown>): SecurityRule {
  const { cloud } = call;
  const { projectId, values } = readPost(call.caller, 'create_security_group_rule', attributes, given);
  checkPorts(values);
  const group = cloud.state.groups.get(values.security_group_id);
  checkRemote(call, values);
  if (group === undefined || !mayUse(call.caller, group.project)) throw missing.group(values.security_group_id);
  // The whole range of ports is stored as no range.
  const whole = values.port_range_min === 1 && values.port_range_max === 65535;
  const made: RulePart = {
    groupId: group.id,
    direction: values.direction,
    ethertype: values.ethertype,
    protocol: canonicalProtocol(values),
    portMin: whole ? null : values.port_range_min,
    portMax: whole ? null : values.port_range_max,
    remotePrefix: values.remote_ip_prefix,
    remoteGroupId: values.remote_group_id,
    remoteAddressGroupId: values.remote_address_group_id,
  };
  const twin = [...cloud.state.rules.values()].find((rule) => sameness(rule) === sameness(made));
  if (twin !== undefined) throw conflict(`Security group rule already exists. Rule id is ${twin.id}.`, 'SecurityGroupRuleExists');
  checkQuota(cloud, projectId, 'security_group_rule');
  const rule: SecurityRule = { ...newStandard(projectId, values.description), ...made };
  cloud.state.rules.set(rule.id, rule);
  bump(cloud, group);
  return rule;
}

function removeRule({ cloud }: Call, rule: SecurityRule): void {
  cloud.state.rules.delete(rule.id);
  const group = cloud.state.groups.get(rule.groupId);
  if (group !== undefined) bump(cloud, group);
}

/** Rules of security groups; Neutron changes none. */
export const ruleRoutes = collectionRoutes<SecurityRule>({
  one: 'security_group_rule',
  many: 'security_group_rules',
  things: ({ cloud, caller }) => {
    if (caller.projectId !== '') defaultGroup(cloud, caller.projectId);
    return cloud.state.rules;
  },
  none: missing.rule,
  view: (_, rule) => ruleView(rule),
  attributes,
  filters: [],
  make: makeRule,
  remove: removeRule,
});
