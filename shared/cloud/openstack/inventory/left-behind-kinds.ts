import type { ListedService } from '../session/catalogue.ts';

/** A kind of thing that a project may own and no campaign moves, and where it is listed. */
export interface LeftBehindKind {
  /** The end of the concern's code, and what several of it are called. */
  readonly kind: string;
  /** The service that lists it; one that nothing else calls is found by its types. */
  readonly service: 'network' | 'volume' | ListedService;
  readonly path: string;
  /** The key of the list in the answer; without one the answer is the list. */
  readonly key?: string;
}

/**
 * The kinds beside images, keypairs and volumes. A cloud without the service or the extension has
 * none.
 */
// biome-ignore format: a table is read by column
export const leftBehindKinds: readonly LeftBehindKind[] = [
  { kind: 'volume_snapshots', service: 'volume',  path: '/snapshots', key: 'snapshots' },
  { kind: 'volume_backups',   service: 'volume',  path: '/backups', key: 'backups' },
  { kind: 'vpn_services',     service: 'network', path: '/vpn/vpnservices', key: 'vpnservices' },
  { kind: 'firewall_groups',  service: 'network', path: '/fwaas/firewall_groups', key: 'firewall_groups' },
  { kind: 'load_balancers',   service: { types: ['load-balancer'], version: 'v2' }, path: '/lbaas/loadbalancers', key: 'loadbalancers' },
  { kind: 'zones',            service: { types: ['dns'], version: 'v2' }, path: '/zones', key: 'zones' },
  { kind: 'stacks',           service: { types: ['orchestration'], version: 'v1' }, path: '/stacks', key: 'stacks' },
  { kind: 'shares',           service: { types: ['shared-file-system', 'sharev2'], version: 'v2' }, path: '/shares', key: 'shares' },
  { kind: 'containers',       service: { types: ['object-store'], version: 'v1' }, path: '?format=json' },
  { kind: 'secrets',          service: { types: ['key-manager'], version: 'v1' }, path: '/secrets', key: 'secrets' },
  { kind: 'clusters',         service: { types: ['container-infrastructure-management', 'container-infra'], version: 'v1' }, path: '/clusters', key: 'clusters' },
  { kind: 'databases',        service: { types: ['database'], version: 'v1.0' }, path: '/instances', key: 'instances' },
];

/** Types of services that keep nothing of a project, or what others are asked for. */
const empty = [
  ...['identity', 'placement', 'cloudformation', 's3', 'ec2', 'metering', 'metric', 'event', 'rating'],
  ...['compute', 'compute_legacy', 'computev21', 'network', 'image', 'volume', 'volumev2'],
  ...['block-storage', 'volumev3', 'block-store', 'share', 'shared-file-system', 'sharev2'],
];

/** Whether what a project has in a service of a type is known, or asked for. */
export function isLookedAt(type: string): boolean {
  const asked = leftBehindKinds.flatMap(({ service }) => (typeof service === 'string' ? [] : service.types));
  return empty.includes(type) || asked.includes(type);
}
