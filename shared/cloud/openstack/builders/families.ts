import type { Kind } from '../../../model/resource.ts';
import { dnsRecordSet } from '../dns/record-set.ts';
import { dnsZone } from '../dns/zone.ts';
import { addressGroup } from './address-group.ts';
import { addressScope, subnetPool } from './addressing.ts';
import { disk } from './disk.ts';
import type { Family } from './family.ts';
import { flavor } from './flavor.ts';
import { floatingIp } from './floating-ip.ts';
import { image } from './image.ts';
import { routerInterface } from './interface.ts';
import { keypair } from './keypair.ts';
import { network } from './network.ts';
import { port } from './port.ts';
import { portForwarding } from './port-forwarding.ts';
import { project } from './project.ts';
import { qosPolicy } from './qos-policy.ts';
import { quotaSet } from './quota-set.ts';
import { rbacPolicy } from './rbac-policy.ts';
import { roleAssignment } from './role-assignment.ts';
import { gateway, router, routes } from './router.ts';
import { securityGroup, securityGroupRule } from './security.ts';
import { server } from './server.ts';
import { serverGroup } from './server-group.ts';
import { subnet } from './subnet.ts';
import { trunk } from './trunk.ts';
import { volume } from './volume.ts';

/** How each kind is built, one line per kind. */
export const families: { readonly [K in Kind]: Family<K> } = {
  project,
  quota_set: quotaSet,
  qos_policy: qosPolicy,
  network,
  address_scope: addressScope,
  subnet_pool: subnetPool,
  subnet,
  router,
  gateway,
  interface: routerInterface,
  routes,
  address_group: addressGroup,
  security_group: securityGroup,
  security_group_rule: securityGroupRule,
  rbac_policy: rbacPolicy,
  role_assignment: roleAssignment,
  dns_zone: dnsZone,
  dns_record_set: dnsRecordSet,
  port,
  trunk,
  floating_ip: floatingIp,
  port_forwarding: portForwarding,
  keypair,
  server_group: serverGroup,
  flavor,
  image,
  disk,
  volume,
  server,
};
