/** A kind of thing that a project may own and no campaign moves, and where it is listed. */
export interface LeftBehindKind {
  /** The end of the concern's code, and what several of it are called. */
  readonly kind: string;
  /** The types of its service in catalogues (OpenStack's service types authority), or `network`. */
  readonly types: readonly string[];
  /** The version that is added to an endpoint that names none. */
  readonly version: string;
  readonly path: string;
  /** The key of the list in the answer; without one the answer is the list. */
  readonly key?: string;
}

const cinder = ['block-storage', 'volumev3', 'block-store', 'volume'];
const network = ['network'];

/** The kinds beside images and keypairs. A cloud without the service or the extension has none. */
// biome-ignore format: a table is read by column
export const leftBehindKinds: readonly LeftBehindKind[] = [
  { kind: 'volumes',          types: cinder,  version: 'v3',   path: '/volumes/detail', key: 'volumes' },
  { kind: 'volume_snapshots', types: cinder,  version: 'v3',   path: '/snapshots', key: 'snapshots' },
  { kind: 'volume_backups',   types: cinder,  version: 'v3',   path: '/backups', key: 'backups' },
  { kind: 'trunks',           types: network, version: 'v2.0', path: '/trunks', key: 'trunks' },
  { kind: 'subnet_pools',     types: network, version: 'v2.0', path: '/subnetpools', key: 'subnetpools' },
  { kind: 'address_scopes',   types: network, version: 'v2.0', path: '/address-scopes', key: 'address_scopes' },
  { kind: 'address_groups',   types: network, version: 'v2.0', path: '/address-groups', key: 'address_groups' },
  { kind: 'qos_policies',     types: network, version: 'v2.0', path: '/qos/policies', key: 'policies' },
  { kind: 'rbac_policies',    types: network, version: 'v2.0', path: '/rbac-policies', key: 'rbac_policies' },
  { kind: 'vpn_services',     types: network, version: 'v2.0', path: '/vpn/vpnservices', key: 'vpnservices' },
  { kind: 'firewall_groups',  types: network, version: 'v2.0', path: '/fwaas/firewall_groups', key: 'firewall_groups' },
  { kind: 'load_balancers',   types: ['load-balancer'], version: 'v2', path: '/lbaas/loadbalancers', key: 'loadbalancers' },
  { kind: 'zones',            types: ['dns'], version: 'v2', path: '/zones', key: 'zones' },
  { kind: 'stacks',           types: ['orchestration'], version: 'v1', path: '/stacks', key: 'stacks' },
  { kind: 'shares',           types: ['shared-file-system', 'sharev2'], version: 'v2', path: '/shares', key: 'shares' },
  { kind: 'containers',       types: ['object-store'], version: 'v1', path: '?format=json' },
  { kind: 'secrets',          types: ['key-manager'], version: 'v1', path: '/secrets', key: 'secrets' },
  { kind: 'clusters',         types: ['container-infrastructure-management', 'container-infra'], version: 'v1', path: '/clusters', key: 'clusters' },
  { kind: 'databases',        types: ['database'], version: 'v1.0', path: '/instances', key: 'instances' },
];
