import type { Kind } from '../../../model/resource.ts';
import { addressGroup } from './address-group.ts';
import { addressScope, subnetPool } from './addressing.ts';
import type { Table } from './attribute.ts';
import { dnsRecordSet, dnsZone } from './dns.ts';
import { flavor } from './flavor.ts';
import { floatingIp } from './floating-ip.ts';
import { disk, image, imageProperties } from './image.ts';
import { keypair } from './keypair.ts';
import { network } from './network.ts';
import { port } from './port.ts';
import { portForwarding } from './port-forwarding.ts';
import { project } from './project.ts';
import { qosPolicy } from './qos-policy.ts';
import { quotaSet } from './quota-set.ts';
import { rbacPolicy } from './rbac-policy.ts';
import { roleAssignment } from './role-assignment.ts';
import { gateway, router, routerInterface, routes } from './router.ts';
import { securityGroup, securityGroupRule } from './security-group.ts';
import { server } from './server.ts';
import { serverGroup } from './server-group.ts';
import { subnet } from './subnet.ts';
import { trunk } from './trunk.ts';
import { volume } from './volume.ts';

/** The attributes of every kind. */
export const tables: { readonly [K in Kind]: Table } = {
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
  image: [...image, ...imageProperties],
  disk,
  volume,
  server,
};
