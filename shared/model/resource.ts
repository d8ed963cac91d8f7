import { z } from 'zod';
import { AddressGroup, AddressScope, PortForwarding, SubnetPool, Trunk } from './addressing.ts';
import { DnsRecordSet, DnsZone } from './dns.ts';
import { ImageMember } from './image-member.ts';
import { CapturedProject } from './project.ts';
import { QosPolicy } from './qos.ts';
import { QuotaSet } from './quota-set.ts';
import { RbacPolicy } from './rbac.ts';
import { common, described, Id, type Kind, type Ref, refOf, Tags } from './resource-fields.ts';
import { RoleAssignment } from './role-assignment.ts';

export { Id, idOf, isKind, type Kind, kindOf, kinds, Ref, refOf } from './resource-fields.ts';

/** What a disk becomes at the destination, by whose bytes it is. */
export interface DiskOrigin {
  readonly id: string;
  readonly volume_id: string | null;
  readonly image_id: string | null;
}

/** What a disk becomes at the destination: a server's image, or the volume or image that it is. */
export function registeredAs({ id, volume_id, image_id }: DiskOrigin): Ref {
  if (image_id !== null) return refOf('image', image_id);
  return volume_id === null ? refOf('disk', id) : refOf('volume', volume_id);
}

const AllocationPool = z.object({ start: z.string(), end: z.string() });
const HostRoute = z.object({ destination: z.string(), nexthop: z.string() });
const FixedIp = z.object({ subnet_id: Id, ip_address: z.string() });
const AddressPair = z.object({ ip_address: z.string(), mac_address: z.string().optional() });
const DhcpOption = z.object({ opt_name: z.string(), opt_value: z.string(), ip_version: z.int() });

/**
 * A network. Fields as in Neutron's API reference, "Networks". Provider attributes are null where
 * the credentials may not see them.
 */
const Network = z.object({
  ...described,
  admin_state_up: z.boolean().default(true),
  mtu: z.int().nullable().default(null),
  port_security_enabled: z.boolean().default(true),
  external: z.boolean().default(false),
  shared: z.boolean().default(false),
  provider_network_type: z.string().nullable().default(null),
  provider_physical_network: z.string().nullable().default(null),
  provider_segmentation_id: z.int().nullable().default(null),
  dns_domain: z.string().default(''),
  qos_policy_id: Id.nullable().default(null),
});

/** A subnet. Fields as in Neutron's API reference, "Subnets"; `dns_nameservers` keeps its order. */
const Subnet = z.object({
  ...described,
  network_id: Id,
  ip_version: z.union([z.literal(4), z.literal(6)]),
  cidr: z.string(),
  gateway_ip: z.string().nullable(),
  enable_dhcp: z.boolean(),
  allocation_pools: z.array(AllocationPool).default([]),
  dns_nameservers: z.array(z.string()).default([]),
  host_routes: z.array(HostRoute).default([]),
  ipv6_address_mode: z.string().nullable().default(null),
  ipv6_ra_mode: z.string().nullable().default(null),
  service_types: z.array(z.string()).default([]),
  dns_publish_fixed_ip: z.boolean().default(false),
  /** The pool of the project that its range was taken from. */
  subnetpool_id: Id.nullable().default(null),
});

/**
 * A router without its gateway, interfaces and routes. Fields as in Neutron's API reference,
 * "Routers".
 */
const Router = z.object({
  ...described,
  admin_state_up: z.boolean().default(true),
  /** Only admins are told these two. */
  ha: z.boolean().nullable().default(null),
  distributed: z.boolean().nullable().default(null),
});

/** A router's external gateway. Its id is the router's id. */
const Gateway = z.object({
  ...common,
  router_id: Id,
  network_id: Id,
  enable_snat: z.boolean().nullable().default(null),
  external_fixed_ips: z.array(FixedIp).default([]),
  qos_policy_id: Id.nullable().default(null),
});

/** A router's leg in a subnet. Its id is the id of the interface's port. */
const Interface = z.object({
  ...common,
  router_id: Id,
  network_id: Id,
  fixed_ips: z.array(FixedIp),
  mac_address: z.string(),
});

/** The static routes of a router. Its id is the router's id. */
const Routes = z.object({ ...common, router_id: Id, routes: z.array(HostRoute) });

/** A security group without its rules. */
const SecurityGroup = z.object({ ...described, stateful: z.boolean().default(true) });

/** One rule of a security group. Fields as in Neutron's API reference, "Security group rules". */
const SecurityGroupRule = z.object({
  ...common,
  description: z.string().default(''),
  security_group_id: Id,
  direction: z.enum(['ingress', 'egress']),
  ethertype: z.string().default('IPv4'),
  protocol: z.string().nullable().default(null),
  port_range_min: z.int().nullable().default(null),
  port_range_max: z.int().nullable().default(null),
  remote_ip_prefix: z.string().nullable().default(null),
  remote_group_id: Id.nullable().default(null),
  remote_address_group_id: Id.nullable().default(null),
});

/**
 * A port of a server, or one that nobody has yet. Fields as in Neutron's API reference, "Ports";
 * `fixed_ips` and the ports of a server keep their order.
 */
const Port = z.object({
  ...described,
  network_id: Id,
  mac_address: z.string(),
  fixed_ips: z.array(FixedIp),
  admin_state_up: z.boolean().default(true),
  security_groups: z.array(Id).default([]),
  port_security_enabled: z.boolean().default(true),
  allowed_address_pairs: z.array(AddressPair).default([]),
  extra_dhcp_opts: z.array(DhcpOption).default([]),
  binding_vnic_type: z.string().default('normal'),
  dns_name: z.string().default(''),
  dns_domain: z.string().default(''),
  propagate_uplink_status: z.boolean().nullable().default(null),
  device_id: z.string().default(''),
  /** Who uses it, where no server does: `vip:keepalived`; empty for ports of servers. */
  device_owner: z.string().default(''),
  qos_policy_id: Id.nullable().default(null),
});

/** A floating IP. `floating_ip_address` is what the source has; the plan says what it becomes. */
const FloatingIp = z.object({
  ...described,
  floating_network_id: Id,
  floating_ip_address: z.string(),
  port_id: Id.nullable().default(null),
  fixed_ip_address: z.string().nullable().default(null),
  dns_name: z.string().default(''),
  dns_domain: z.string().default(''),
  qos_policy_id: Id.nullable().default(null),
});

/** A keypair's public half. Its id is its name, as in Nova. */
const Keypair = z.object({
  ...common,
  type: z.string().default('ssh'),
  public_key: z.string(),
  fingerprint: z.string().default(''),
  user_id: z.string().default(''),
});

/**
 * A server group without its members: each server names the group that it joins. Fields as in
 * Nova's API reference, "Server groups".
 */
const ServerGroup = z.object({
  ...common,
  policy: z.string(),
  /** `max_server_per_host`, of the policy `anti-affinity`. */
  rules: z.record(z.string(), z.int()).default({}),
});

/**
 * A flavor, as the server embeds it; `id` is the source's flavor id, or its name where the flavor
 * is gone. Sizes: MiB and GiB.
 */
const Flavor = z.object({
  ...common,
  vcpus: z.int(),
  ram: z.int(),
  disk: z.int(),
  ephemeral: z.int().default(0),
  swap: z.int().default(0),
  rxtx_factor: z.number().default(1),
  extra_specs: z.record(z.string(), z.string()).default({}),
  is_public: z.boolean().default(true),
});

/**
 * An image of the project, or the one that a server was made from: then only a reference with its
 * properties and digests. Sizes: `min_disk` GiB, `min_ram` MiB, `size` bytes.
 */
const Image = z.object({
  ...common,
  /** Its bytes, as they are stored; null for a reference. */
  disk_id: Id.nullable().default(null),
  tags: Tags,
  protected: z.boolean().default(false),
  os_hidden: z.boolean().default(false),
  disk_format: z.string().nullable().default(null),
  container_format: z.string().nullable().default(null),
  size: z.number().nullable().default(null),
  min_disk: z.int().default(0),
  min_ram: z.int().default(0),
  visibility: z.string().default('private'),
  /** The projects with which it is shared, if its visibility is `shared`. */
  members: z.array(ImageMember).default([]),
  /**
   * Glance's digest of the stored bytes, lower-case hex, and its algorithm; MD5 where it is older.
   */
  os_hash_algo: z.string().nullable().default(null),
  os_hash_value: z.string().nullable().default(null),
  checksum: z.string().nullable().default(null),
  properties: z.record(z.string(), z.string()).default({}),
});

/**
 * The bytes that move: the disk that a server boots from, or those of a volume. Its id is that of
 * the server or the volume, a dot and its place (`….root`, `….volume`). `size` is bytes, known
 * after the snapshot.
 */
const Disk = z.object({
  ...common,
  /** The server with which it moves; the volume or image itself where it moves without one. */
  server_id: Id,
  /** The volume whose bytes it is; null for a disk that the server has of its own. */
  volume_id: Id.nullable().default(null),
  /** The image whose stored bytes it is. */
  image_id: Id.nullable().default(null),
  boot_index: z.int().default(0),
  /** Minimum GiB of the flavor's disk it must fit. */
  min_disk: z.int().default(0),
  min_ram: z.int().default(0),
  /** Image properties that the guest depends on (`hw_*`, `os_*`), set on the destination image. */
  properties: z.record(z.string(), z.string()).default({}),
});

/** The id of the disk that is the stored bytes of an image. */
export function diskIdOfImage(image: string): string {
  return `${image}.image`;
}

/** The id of the disk that holds a volume's bytes. */
export function diskIdOf(volume: string): string {
  return `${volume}.volume`;
}

/**
 * A volume. Fields as in Cinder's API reference, "Volumes", without its bytes, which
 * are a disk. `size`: GiB.
 */
const Volume = z.object({
  ...common,
  disk_id: Id,
  description: z.string().default(''),
  size: z.int(),
  bootable: z.boolean().default(false),
  /** The name of its type. */
  volume_type: z.string().nullable().default(null),
  /** The extra specs of its type, which only an admin sees. */
  type_specs: z.record(z.string(), z.string()).default({}),
  availability_zone: z.string().default(''),
  metadata: z.record(z.string(), z.string()).default({}),
  /** What its image told of the guest (`hw_*`, `os_*`), and of itself. */
  image_metadata: z.record(z.string(), z.string()).default({}),
  read_only: z.boolean().default(false),
  multiattach: z.boolean().default(false),
  encrypted: z.boolean().default(false),
  consistencygroup_id: z.string().nullable().default(null),
  group_id: z.string().nullable().default(null),
});

/** How a server has a volume. */
const Attachment = z.object({
  volume_id: Id,
  /** 0: the server boots from it. */
  boot_index: z.int().nullable().default(null),
  device: z.string().default(''),
  tag: z.string().nullable().default(null),
  delete_on_termination: z.boolean().default(false),
});

/** Documents of 0.1 name the volume alone. */
const Attached = z.union([Attachment, Id.transform((volume_id) => Attachment.parse({ volume_id }))]);

/**
 * Whether a server runs: the one thing about its state that decides anything, whatever words a
 * cloud has. `other`: paused, shelved, failed …
 */
export const Power = z.enum(['running', 'stopped', 'other']);
export type Power = z.infer<typeof Power>;

/**
 * A server. Fields as in Nova's API reference, "Servers", but for its power and size; `ports` in
 * the order of its interfaces.
 */
const Server = z.object({
  ...common,
  description: z.string().default(''),
  /** At capture. */
  power: Power,
  /**
   * Its own size, so that it can be built where there are no flavors; null where the document does
   * not say.
   */
  vcpus: z.int().nullable().default(null),
  memory_mib: z.int().nullable().default(null),
  flavor_id: Id,
  image_id: Id.nullable().default(null),
  ports: z.array(Id).default([]),
  /** The tags by which the guest knows its interfaces, by the port. */
  port_tags: z.record(Id, z.string()).default({}),
  disks: z.array(Id).default([]),
  /** In the order of its devices. */
  volumes: z.array(Attached).default([]),
  key_name: z.string().nullable().default(null),
  server_group_id: Id.nullable().default(null),
  metadata: z.record(z.string(), z.string()).default({}),
  tags: Tags,
  /** Base64, as Nova stores it; null where there is none or the credentials may not read it. */
  user_data: z.string().nullable().default(null),
  config_drive: z.boolean().default(false),
  disk_config: z.string().default('MANUAL'),
  availability_zone: z.string().default(''),
  hostname: z.string().default(''),
  locked: z.boolean().default(false),
  user_id: z.string().default(''),
});

/** The schema of each kind. */
export const schemas = {
  project: CapturedProject,
  quota_set: QuotaSet,
  qos_policy: QosPolicy,
  network: Network,
  address_scope: AddressScope,
  subnet_pool: SubnetPool,
  subnet: Subnet,
  router: Router,
  gateway: Gateway,
  interface: Interface,
  routes: Routes,
  address_group: AddressGroup,
  security_group: SecurityGroup,
  security_group_rule: SecurityGroupRule,
  rbac_policy: RbacPolicy,
  role_assignment: RoleAssignment,
  dns_zone: DnsZone,
  dns_record_set: DnsRecordSet,
  port: Port,
  trunk: Trunk,
  floating_ip: FloatingIp,
  port_forwarding: PortForwarding,
  keypair: Keypair,
  server_group: ServerGroup,
  flavor: Flavor,
  image: Image,
  disk: Disk,
  volume: Volume,
  server: Server,
} as const satisfies Record<Kind, z.ZodType>;

/** A resource of one kind, marked with its kind. */
export type ResourceOf<K extends Kind> = { [P in K]: { readonly kind: P } & Readonly<z.infer<(typeof schemas)[P]>> }[K];

/** Anything that is rebuilt or referred to. */
export type Resource = ResourceOf<Kind>;
