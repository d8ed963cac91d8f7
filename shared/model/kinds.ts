import type { Kind } from './resource.ts';

/** What is known of a kind of resource, beside its fields. */
interface KindFacts {
  /** The key under which `configurations.json` lists it. */
  readonly plural: string;
  /** What people call one of it, and several: in every text that they read. */
  readonly one: string;
  readonly many: string;
  /** Whether it is always built before any server is touched. */
  readonly networkSide: boolean;
}

/** One row for each kind. */
export const factsOf = {
  project: { plural: 'projects', one: 'project', many: 'projects', networkSide: true },
  quota_set: { plural: 'quota_sets', one: 'quota set', many: 'quota sets', networkSide: true },
  qos_policy: { plural: 'qos_policies', one: 'QoS policy', many: 'QoS policies', networkSide: true },
  network: { plural: 'networks', one: 'network', many: 'networks', networkSide: true },
  address_scope: { plural: 'address_scopes', one: 'address scope', many: 'address scopes', networkSide: true },
  subnet_pool: { plural: 'subnet_pools', one: 'subnet pool', many: 'subnet pools', networkSide: true },
  subnet: { plural: 'subnets', one: 'subnet', many: 'subnets', networkSide: true },
  router: { plural: 'routers', one: 'router', many: 'routers', networkSide: true },
  gateway: { plural: 'gateways', one: 'gateway', many: 'gateways', networkSide: true },
  interface: { plural: 'interfaces', one: 'interface', many: 'interfaces', networkSide: true },
  routes: { plural: 'routes', one: 'set of static routes', many: 'sets of static routes', networkSide: true },
  address_group: { plural: 'address_groups', one: 'address group', many: 'address groups', networkSide: true },
  security_group: { plural: 'security_groups', one: 'security group', many: 'security groups', networkSide: true },
  security_group_rule: {
    plural: 'security_group_rules',
    one: 'security group rule',
    many: 'security group rules',
    networkSide: true,
  },
  rbac_policy: { plural: 'rbac_policies', one: 'RBAC policy', many: 'RBAC policies', networkSide: true },
  role_assignment: { plural: 'role_assignments', one: 'role assignment', many: 'role assignments', networkSide: true },
  dns_zone: { plural: 'dns_zones', one: 'DNS zone', many: 'DNS zones', networkSide: true },
  dns_record_set: { plural: 'dns_record_sets', one: 'DNS record set', many: 'DNS record sets', networkSide: true },
  port: { plural: 'ports', one: 'port', many: 'ports', networkSide: false },
  trunk: { plural: 'trunks', one: 'trunk', many: 'trunks', networkSide: false },
  floating_ip: { plural: 'floating_ips', one: 'floating IP', many: 'floating IPs', networkSide: false },
  port_forwarding: { plural: 'port_forwardings', one: 'port forwarding', many: 'port forwardings', networkSide: false },
  keypair: { plural: 'keypairs', one: 'keypair', many: 'keypairs', networkSide: true },
  server_group: { plural: 'server_groups', one: 'server group', many: 'server groups', networkSide: true },
  flavor: { plural: 'flavors', one: 'flavor', many: 'flavors', networkSide: true },
  image: { plural: 'images', one: 'image', many: 'images', networkSide: false },
  disk: { plural: 'disks', one: 'disk', many: 'disks', networkSide: false },
  volume: { plural: 'volumes', one: 'volume', many: 'volumes', networkSide: false },
  server: { plural: 'servers', one: 'server', many: 'servers', networkSide: false },
} as const satisfies Record<Kind, KindFacts>;

/** The key under which the document lists a kind. */
export type Plural = (typeof factsOf)[Kind]['plural'];
