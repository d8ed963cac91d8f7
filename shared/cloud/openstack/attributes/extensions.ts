import type { Kind } from '../../../model/resource.ts';

/** The stamp of what is created lies in its description and tags. */
const stamp = ['standard-attr-description', 'standard-attr-tag'];

/**
 * The extensions of Neutron without which a kind cannot be built, by their aliases in neutron-lib.
 * Those that an attribute needs are in its table.
 */
export const extensionsOf = {
  qos_policy: ['qos', ...stamp],
  network: stamp,
  address_scope: ['address-scope'],
  subnet_pool: ['subnet_allocation', ...stamp],
  subnet: stamp,
  router: ['router', ...stamp],
  gateway: ['router', 'external-net'],
  interface: ['router'],
  routes: ['extraroute'],
  address_group: ['address-group'],
  security_group: ['security-group', ...stamp],
  security_group_rule: ['security-group'],
  rbac_policy: ['rbac-policies'],
  port: stamp,
  trunk: ['trunk', ...stamp],
  floating_ip: ['router', 'external-net', ...stamp],
  port_forwarding: ['floating-ip-port-forwarding'],
} as const satisfies Partial<Record<Kind, readonly string[]>>;

/**
 * The extension without which no rule can name an address group. Such a rule is never built without
 * the group, because it would let in everybody.
 */
export const remoteAddressGroups = 'security-groups-remote-address-group';

/** The extension without which a port forwarding has no range of ports. */
export const forwardedRanges = 'floating-ip-port-forwarding-port-ranges';

/**
 * What Neutron has where agents route, and OVN lacks (ML2_SUPPORTED_API_EXTENSIONS_OVN_L3 in
 * neutron/common/ovn/extensions.py).
 */
export const routingAgents = 'l3_agent_scheduler';

/** The extensions without which a kind of resource cannot be shared, by the word for it. */
export const sharingExtensions: Readonly<Record<string, string>> = {
  security_group: 'rbac-security-groups',
  address_scope: 'rbac-address-scope',
  subnetpool: 'rbac-subnetpool',
  address_group: 'rbac-address-group',
};

/** Every extension that a kind may need, or some of a kind. */
export const neededExtensions: readonly string[] = [
  ...new Set([...Object.values(extensionsOf).flat(), remoteAddressGroups, forwardedRanges, ...Object.values(sharingExtensions)]),
];
