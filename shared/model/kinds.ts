import type { Kind } from './resource.ts';

/** What is known of a kind of resource, beside its fields. */
interface KindFacts {
  /** The key under which `configurations.json` lists it. */
  readonly plural: string;
  /** What people call several of it. */
  readonly called: string;
  /** Whether it is always built before any server is touched. */
  readonly networkSide: boolean;
}

/** One row for each kind. */
export const factsOf = {
  network: { plural: 'networks', called: 'networks', networkSide: true },
  subnet: { plural: 'subnets', called: 'subnets', networkSide: true },
  router: { plural: 'routers', called: 'routers', networkSide: true },
  gateway: { plural: 'gateways', called: 'gateways of routers', networkSide: true },
  interface: { plural: 'interfaces', called: 'interfaces of routers', networkSide: true },
  routes: { plural: 'routes', called: 'static routes', networkSide: true },
  security_group: { plural: 'security_groups', called: 'security groups', networkSide: true },
  security_group_rule: { plural: 'security_group_rules', called: 'rules of security groups', networkSide: true },
  port: { plural: 'ports', called: 'ports', networkSide: false },
  floating_ip: { plural: 'floating_ips', called: 'floating IPs', networkSide: false },
  keypair: { plural: 'keypairs', called: 'keypairs', networkSide: true },
  flavor: { plural: 'flavors', called: 'flavors', networkSide: true },
  image: { plural: 'images', called: 'images', networkSide: false },
  disk: { plural: 'disks', called: 'disks', networkSide: false },
  volume: { plural: 'volumes', called: 'volumes', networkSide: false },
  server: { plural: 'servers', called: 'servers', networkSide: false },
} as const satisfies Record<Kind, KindFacts>;

/** The key under which the document lists a kind. */
export type Plural = (typeof factsOf)[Kind]['plural'];
