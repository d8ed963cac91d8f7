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
  /**
   * What older releases call it: newer ones list there what was made by that name, beside all that
   * they list anew (cinder/api/v3/consistencygroups.py), and a policy may let nobody have any.
   */
  readonly formerly?: { readonly path: string; readonly key: string };
}

/**
 * The kinds beside images, keypairs, volumes and their snapshots. A cloud without the service or
 * the extension has none.
 */
// biome-ignore format: a table is read by column
export const leftBehindKinds: readonly LeftBehindKind[] = [
  { kind: 'volume_backups',   service: 'volume',  path: '/backups/detail', key: 'backups' },
  { kind: 'volume_groups',    service: 'volume',  path: '/groups/detail', key: 'groups', formerly: { path: '/consistencygroups/detail', key: 'consistencygroups' } },
  { kind: 'volume_group_snapshots', service: 'volume', path: '/group_snapshots/detail', key: 'group_snapshots', formerly: { path: '/cgsnapshots/detail', key: 'cgsnapshots' } },
  { kind: 'volume_transfers', service: 'volume',  path: '/os-volume-transfer/detail', key: 'transfers' },
  { kind: 'vpn_services',     service: 'network', path: '/vpn/vpnservices', key: 'vpnservices' },
  { kind: 'firewall_groups',  service: 'network', path: '/fwaas/firewall_groups', key: 'firewall_groups' },
  { kind: 'load_balancers',   service: { types: ['load-balancer'], version: 'v2' }, path: '/lbaas/loadbalancers', key: 'loadbalancers' },
  { kind: 'zone_transfers',   service: { types: ['dns'], version: 'v2' }, path: '/zones/tasks/transfer_requests', key: 'transfer_requests' },
  { kind: 'pointers',         service: { types: ['dns'], version: 'v2' }, path: '/reverse/floatingips', key: 'floatingips' },
  { kind: 'stacks',           service: { types: ['orchestration'], version: 'v1' }, path: '/stacks', key: 'stacks' },
  { kind: 'shares',           service: { types: ['shared-file-system', 'sharev2'], version: 'v2' }, path: '/shares', key: 'shares' },
  { kind: 'containers',       service: { types: ['object-store'], version: 'v1' }, path: '?format=json' },
  { kind: 'secrets',          service: { types: ['key-manager'], version: 'v1' }, path: '/secrets', key: 'secrets' },
  { kind: 'secret_containers', service: { types: ['key-manager'], version: 'v1' }, path: '/containers', key: 'containers' },
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
