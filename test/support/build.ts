import { randomUUID } from 'node:crypto';
import { Plan } from '../../sender/model/plan.ts';
import type { DestinationFacts } from '../../shared/cloud/facts.ts';
import { type Configurations, parseConfigurations } from '../../shared/model/configurations.ts';
import { type Kind, kinds, type Ref, type Resource, type ResourceOf, refOf, schemas } from '../../shared/model/resource.ts';

/** What every kind needs at least; a test gives what it is about. */
const least: { readonly [K in Kind]: Readonly<Record<string, unknown>> } = {
  project: {},
  quota_set: { limits: {} },
  qos_policy: {},
  network: {},
  address_scope: { ip_version: 4 },
  subnet_pool: { prefixes: ['10.0.0.0/8'], default_prefixlen: 24, min_prefixlen: 8, max_prefixlen: 32 },
  subnet: { network_id: 'net', ip_version: 4, cidr: '10.0.0.0/24', gateway_ip: '10.0.0.1', enable_dhcp: true },
  router: {},
  gateway: { router_id: 'router', network_id: 'net' },
  interface: { router_id: 'router', network_id: 'net', fixed_ips: [], mac_address: 'fa:16:3e:00:00:01' },
  routes: { router_id: 'router', routes: [] },
  address_group: {},
  security_group: {},
  security_group_rule: { security_group_id: 'group', direction: 'ingress' },
  rbac_policy: { action: 'access_as_shared', object_type: 'network', object_id: 'net', target_project: 'other' },
  role_assignment: { holder: 'user', holder_id: 'u1', holder_name: 'ada', role: 'member' },
  dns_zone: { email: 'host@example.org', ttl: 3600 },
  dns_record_set: { zone_id: 'zone', type: 'A', records: ['203.0.113.9'] },
  port: { network_id: 'net', mac_address: 'fa:16:3e:00:00:02', fixed_ips: [] },
  trunk: { port_id: 'port' },
  floating_ip: { floating_network_id: 'ext', floating_ip_address: '203.0.113.9' },
  port_forwarding: { floating_ip_id: 'ip', protocol: 'tcp', internal_port_id: 'port', internal_ip_address: '10.0.0.5' },
  keypair: { public_key: 'ssh-ed25519 AAAA' },
  flavor: { vcpus: 1, ram: 512, disk: 1 },
  image: {},
  disk: { server_id: 'server' },
  server_group: { policy: 'anti-affinity' },
  volume: { disk_id: 'disk', size: 1 },
  server: { power: 'running', vcpus: 1, memory_mib: 512, flavor_id: 'flavor' },
};

/** A resource of any kind, filled in as a capture would. */
export function aResource<K extends Kind>(kind: K, fields: Readonly<Record<string, unknown>> = {}): ResourceOf<K> {
  const id = typeof fields['id'] === 'string' ? fields['id'] : `${kind}-1`;
  return { kind, ...schemas[kind].parse({ id, name: id, ...least[kind], ...fields }) } as unknown as ResourceOf<K>;
}

/** A network of the project's own. */
export function aNetwork(fields: Readonly<Record<string, unknown>> = {}): ResourceOf<'network'> {
  return aResource('network', fields);
}

/** A flavor of one CPU. */
export function aFlavor(fields: Readonly<Record<string, unknown>> = {}): ResourceOf<'flavor'> {
  return aResource('flavor', fields);
}

/** A server that runs. */
export function aServer(fields: Readonly<Record<string, unknown>> = {}): ResourceOf<'server'> {
  return aResource('server', fields);
}

/** A server's root disk; `min_disk` GiB. */
export function aServerDisk(server: string, min_disk = 1): ResourceOf<'disk'> {
  return aResource('disk', { id: `${server}.root`, server_id: server, min_disk, needs: [] });
}

/** The JSON of a document, as it lies in a file, with these lists. */
export function aDocumentJson(lists: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    format: 'godwit/configurations',
    version: 2,
    created_at: '2026-11-21T12:00:00Z',
    release: '0.0.0',
    source: { provider: 'openstack', project_id: 'p1', project_name: 'shop' },
    ...lists,
  };
}

/** A document that was read. */
export function aDocument(lists: Readonly<Record<string, unknown>> = {}): Configurations {
  return parseConfigurations(aDocumentJson(lists));
}

/** A document of `count` servers with a root disk each, in a campaign. */
export function aTenant(count: number, campaign: string = randomUUID()): Configurations {
  const servers = Array.from({ length: count }, (_, index) =>
    aServer({ id: `s${index + 1}`, name: `web ${index + 1}`, flavor_id: 'f1' }),
  );
  return aDocument({ campaign, flavors: [aFlavor({ id: 'f1' })], servers, disks: servers.map(({ id }) => aServerDisk(id)) });
}

/** A plan that moves a document's servers in one wave. */
export function aPlan(document: Configurations, more: Readonly<Record<string, unknown>> = {}): Plan {
  return Plan.parse({
    version: 1,
    source: { project_id: document.source.project_id },
    waves: [{ name: 'wave-1', servers: document.servers.map(({ id, name }) => ({ id, name })) }],
    ...more,
  });
}

/** An empty destination where nothing is scarce. */
export function someFacts(more: Partial<DestinationFacts> = {}): DestinationFacts {
  const none = { flavors: [], networks: [], keypairs: [], volume_types: [], users: [], groups: [], quotas: {} };
  return {
    provider: 'openstack',
    region: '',
    project_id: 'd1',
    project_name: 'shop',
    kinds: kinds.filter((kind) => kind !== 'image'),
    admin: false,
    staging_free_bytes: 1e12,
    ...none,
    ...more,
  };
}

/** A resource that only needs others, for questions of order. */
export function aNeedyNetwork(id: string, needs: readonly Ref[] = []): Resource {
  return aNetwork({ id, needs });
}

/** The ref of a network. */
export const net = (id: string): Ref => refOf('network', id);
