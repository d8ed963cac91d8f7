/**
 * Compares two projects attribute by attribute, in the client's words. What may differ is listed
 * here, each with its reason.
 */
import type { Census, Kind, Thing } from './census.ts';
import { isTenants, kinds } from './census.ts';

/** Each cloud keeps its own books: ids, dates, revisions, owners. */
const books = ['id', 'created_at', 'updated_at', 'revision_number', 'project_id', 'tenant_id', 'standard_attr_id', 'user_id'];

/**
 * Attributes of each kind that depend on where and when it is; all that are not named here must be
 * equal.
 */
const circumstances: Readonly<Record<Kind, readonly string[]>> = {
  // which agents serve it
  network: ['availability_zones'],
  subnet: [],
  // its ports are compared as ports; the address in the external network is another cloud's to give
  router: ['availability_zones', 'interfaces_info'],
  // down while its server is stopped
  port: ['status', 'binding_host_id', 'binding_vif_type', 'binding_vif_details'],
  'security group': [],
  // the address is the plan's to map, its name is the address, and its port is described again in
  // words
  'floating ip': ['floating_ip_address', 'name', 'port_details', 'status'],
  keypair: [],
  // the state is compared by the tests, the image is the moved disk, the rest is of this host and
  // this hour
  server: [
    ...['status', 'image', 'hostId', 'created', 'updated', 'progress', 'locked', 'locked_reason'],
    ...['OS-EXT-STS:power_state', 'OS-EXT-STS:task_state', 'OS-EXT-STS:vm_state'],
    ...['OS-SRV-USG:launched_at', 'OS-SRV-USG:terminated_at'],
  ],
  image: [],
  // its type and back end are the cloud's, and what its image told of itself is another image's
  volume: [
    ...['attachments', 'status', 'snapshot_id', 'source_volid', 'volume_type_id', 'migration_status', 'replication_status'],
    ...['consistencygroup_id', 'os-vol-tenant-attr:tenant_id', 'encrypted'],
  ],
  'volume snapshot': [],
  'server group': [],
};

/**
 * Every way in which the destination's project differs from the source's, in sentences; empty when
 * all arrived and nothing else is there.
 */
export function differences(source: Census, destination: Census): string[] {
  const from = readable(source);
  const to = readable(destination);
  const kept = kinds.filter((kind) => kind !== 'image' && kind !== 'volume snapshot');
  return kept.flatMap((kind) => compareKind(kind, from[kind], to[kind]));
}

/** A resource without what may differ between the clouds, and with labels in place of ids. */
interface Readable {
  readonly label: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

function compareKind(kind: Kind, from: readonly Readable[], to: readonly Readable[]): string[] {
  const labels = [...new Set([...from, ...to].map(({ label }) => label))].sort();
  return labels.flatMap((label) => {
    const labelled = (side: readonly Readable[]): Readable[] => side.filter((one) => one.label === label).sort(byText);
    const wanted = labelled(from);
    const are = labelled(to);
    if (wanted.length !== are.length) return [`${label}: ${wanted.length} at the source, ${are.length} at the destination`];
    return wanted.flatMap((one, index) => compareAttributes(`${kind} ${label}`, one.attributes, are[index]?.attributes ?? {}));
  });
}

const byText = (a: Readable, b: Readable): number => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes));

function compareAttributes(what: string, wanted: Readable['attributes'], is: Readable['attributes']): string[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(is)])].sort();
  return names.flatMap((name) => {
    const a = JSON.stringify(wanted[name] ?? null);
    const b = JSON.stringify(is[name] ?? null);
    return a === b ? [] : [`${what}: ${name} is ${b}, at the source ${a}`];
  });
}

function readable(census: Census): Record<Kind, Readable[]> {
  const labels = labelsOf(census);
  const floating = new Set(census.own['floating ip'].map((ip) => String(ip['floating_ip_address'])));
  const describe = (kind: Kind, thing: Thing): Readable => {
    const apart = [...books, ...circumstances[kind], ...(isLeg(thing) ? ['mac_address'] : [])];
    const kept = Object.entries(thing).filter(([name]) => !apart.includes(name));
    const named = kept.map(([name, value]) => [name, normal(name, value, labels, floating)]);
    return { label: labels.get(thing.id) ?? thing.id, attributes: Object.fromEntries(named) as Readable['attributes'] };
  };
  return Object.fromEntries(
    kinds.map((kind) => [kind, census.own[kind].filter((thing) => isTenants(kind, thing)).map((thing) => describe(kind, thing))]),
  ) as Record<Kind, Readable[]>;
}

const isMac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** A router's leg answers ARP with whatever MAC the cloud gave it; guests that start afresh ask. */
const isLeg = (thing: Thing): boolean => thing['device_owner'] === 'network:router_interface';

/** What each id stands for, in words that are the same in both clouds. */
function labelsOf({ own, foreign }: Census): Map<string, string> {
  const labels = new Map<string, string>();
  const name = (thing: Thing): string => JSON.stringify(thing['name'] ?? '');
  for (const thing of foreign) labels.set(thing.id, `foreign ${name(thing)}`);
  for (const thing of own.network) labels.set(thing.id, `network ${name(thing)}`);
  for (const thing of own.subnet)
    labels.set(thing.id, `subnet ${String(thing['cidr'])} of ${labels.get(String(thing['network_id']))}`);
  for (const thing of own.router) labels.set(thing.id, `router ${name(thing)}`);
  for (const thing of own['security group']) labels.set(thing.id, `security group ${name(thing)}`);
  for (const thing of own.port) labels.set(thing.id, labelOfPort(thing, labels));
  for (const thing of own.volume) labels.set(thing.id, `volume ${name(thing)}`);
  for (const thing of own.keypair) labels.set(thing.id, `keypair ${name(thing)}`);
  for (const thing of own.server) {
    const macs = own.port
      .filter((port) => port['device_id'] === thing.id)
      .map((port) => String(port['mac_address']).toLowerCase());
    labels.set(thing.id, `server ${name(thing)} with ${macs.sort().join(' ')}`);
  }
  for (const thing of own['server group']) labels.set(thing.id, `server group ${name(thing)}`);
  for (const thing of own['floating ip'])
    labels.set(
      thing.id,
      `floating ip ${JSON.stringify(thing['description'])} at ${labels.get(String(thing['port_id'])) ?? 'no port'}`,
    );
  return labels;
}

/**
 * A server's port is identified by its MAC; a router's port may have another one, and is identified
 * by its network.
 */
function labelOfPort(port: Thing, labels: ReadonlyMap<string, string>): string {
  const addresses = (port['fixed_ips'] as { ip_address: string }[]).map((ip) => ip.ip_address).sort();
  if (!String(port['device_owner']).startsWith('network:')) return `port ${String(port['mac_address']).toLowerCase()}`;
  return `port ${addresses.join(' ')} of ${labels.get(String(port['device_id'])) ?? 'the cloud'}`;
}

function normal(name: string, value: unknown, labels: ReadonlyMap<string, string>, floating: ReadonlySet<string>): unknown {
  if (name === 'tags') return (value as string[]).filter((tag) => !tag.startsWith('godwit-')).sort();
  if (name === 'properties') return words(withoutStamp(value as Record<string, unknown>), labels);
  if (name === 'description') return value ?? '';
  if (name === 'external_gateway_info') return gateway(value as Gateway, labels);
  if (name === 'addresses') return addresses(value as Record<string, string[]>, floating);
  // those of a server group are one object
  if (name === 'rules' && Array.isArray(value))
    return (value as Thing[]).map((rule) => JSON.stringify(ruleOf(rule, labels))).sort();
  // lists that Neutron and Nova keep as sets
  const sets = [
    'fixed_ips',
    'security_groups',
    'security_group_ids',
    'members',
    'allowed_address_pairs',
    'allocation_pools',
    'host_routes',
    'routes',
  ];
  const worded = words(value, labels);
  return (sets.includes(name) || name === 'subnets') && Array.isArray(worded)
    ? worded.map((one) => JSON.stringify(one)).sort()
    : worded;
}

/** A volume carries the stamp of its campaign until the commit. */
function withoutStamp(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !key.startsWith('godwit_')));
}

type Gateway = { readonly network_id: string; readonly enable_snat?: boolean } | null;

/** The router's address in the external network belongs to that network's pool. */
function gateway(value: Gateway, labels: ReadonlyMap<string, string>): unknown {
  return value === null ? null : { network: labels.get(value.network_id), enable_snat: value.enable_snat ?? null };
}

/** Nova lists floating addresses among the others; they are compared as floating IPs. */
function addresses(value: Readonly<Record<string, readonly string[]>>, floating: ReadonlySet<string>): unknown {
  return Object.entries(value)
    .map(
      ([network, list]) =>
        `${network}: ${[...list]
          .filter((ip) => !floating.has(ip))
          .sort()
          .join(' ')}`,
    )
    .sort();
}

/**
 * Neutron spells some rules in two ways: `normalized_cidr` repeats the prefix, and a rule's own
 * description may be absent.
 */
function ruleOf(rule: Thing, labels: ReadonlyMap<string, string>): unknown {
  const kept = Object.entries(rule).filter(([name]) => !books.includes(name) && name !== 'normalized_cidr');
  return Object.fromEntries(
    kept.sort(byName).map(([name, value]) => [name, name === 'description' ? (value ?? '') : words(value, labels)]),
  );
}

/** A value with every id replaced by its label; a MAC means the same in capitals. */
function words(value: unknown, labels: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return labels.get(value) ?? (isMac.test(value) ? value.toLowerCase() : value);
  if (Array.isArray(value)) return value.map((one) => words(one, labels));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(byName)
      .map(([name, inner]) => [name, words(inner, labels)]),
  );
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
