import type { Cloud } from '../cloud.ts';
import { notFound } from '../refusal.ts';

/** The extensions whose behaviour the twin has; a client may rely on what is named here. */
const extensions = [
  'address-group',
  'address-pairs',
  'address-scope',
  'agent',
  'allowed-address-pairs',
  'availability_zone',
  'binding',
  'default-subnetpools',
  'dvr',
  'dns-integration',
  'ext-gw-mode',
  'external-net',
  'extra_dhcp_opt',
  'extraroute',
  'extraroute-atomic',
  'filter-validation',
  'floating-ip-port-forwarding',
  'floating-ip-port-forwarding-description',
  'floating-ip-port-forwarding-port-ranges',
  'fip-port-details',
  'l3-ha',
  'l3_agent_scheduler',
  'net-mtu',
  'net-mtu-writable',
  'network-ip-availability',
  'network_availability_zone',
  'pagination',
  'port-security',
  'project-id',
  'provider',
  'qos',
  'qos-bw-limit-direction',
  'qos-bw-minimum-ingress',
  'qos-default',
  'qos-fip',
  'qos-gateway-ip',
  'qos-pps',
  'qos-pps-minimum',
  'rbac-address-group',
  'rbac-address-scope',
  'rbac-policies',
  'rbac-security-groups',
  'rbac-subnetpool',
  'quota_details',
  'quotas',
  'revision-if-match',
  'router',
  'router_availability_zone',
  'security-group',
  'security-groups-remote-address-group',
  'sorting',
  'standard-attr-description',
  'standard-attr-revisions',
  'standard-attr-tag',
  'standard-attr-timestamp',
  'stateful-security-group',
  'subnet-service-types',
  'subnet_allocation',
  'tag-ports-during-bulk-creation',
  'trunk',
  'trunk-details',
  'quota-check-limit-default',
].map((alias) => ({ alias, name: alias, description: alias, updated: '2022-10-05T00:00:00-00:00', links: [] }));

/** The extensions of one twin. */
export function extensionsOf({ settings }: Cloud): typeof extensions {
  const lacking = [
    ...settings.withoutExtensions,
    ...(settings.dns ? [] : ['dns-integration']),
    ...(settings.checksQuotas ? [] : ['quota-check-limit-default']),
  ];
  return extensions.filter(({ alias }) => !lacking.includes(alias));
}

/** Refuses as a Neutron does that lacks an extension: it has no such path. */
export function mustOffer(cloud: Cloud, alias: string): void {
  if (!extensionsOf(cloud).some((one) => one.alias === alias)) throw notFound('The resource could not be found.', 'HTTPNotFound');
}
