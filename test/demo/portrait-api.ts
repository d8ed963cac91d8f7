/** The fields that the portrait reads, spelt as in the API references of compute and network. */

/** Anything with an id and a name. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

interface Described extends Named {
  readonly description: string;
  readonly project_id: string;
  readonly tags?: readonly string[];
}

/** GET /v2.0/networks. */
export interface Network extends Described {
  readonly admin_state_up: boolean;
  readonly mtu: number;
  readonly port_security_enabled: boolean;
  readonly shared: boolean;
}

interface HostRoute {
  readonly destination: string;
  readonly nexthop: string;
}

/** GET /v2.0/subnets. */
export interface Subnet extends Described {
  readonly network_id: string;
  readonly cidr: string;
  readonly ip_version: number;
  readonly gateway_ip: string | null;
  readonly enable_dhcp: boolean;
  readonly allocation_pools: readonly { readonly start: string; readonly end: string }[];
  readonly dns_nameservers: readonly string[];
  readonly host_routes: readonly HostRoute[];
}

/** An address of a port. */
export interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

/** GET /v2.0/routers. */
export interface Router extends Described {
  readonly admin_state_up: boolean;
  readonly routes: readonly HostRoute[];
  readonly external_gateway_info: { readonly network_id: string; readonly external_fixed_ips: readonly FixedIp[] } | null;
}

/** GET /v2.0/ports. */
export interface Port extends Described {
  readonly network_id: string;
  readonly mac_address: string;
  readonly fixed_ips: readonly FixedIp[];
  readonly device_id: string;
  readonly device_owner: string;
  readonly security_groups: readonly string[];
  readonly admin_state_up: boolean;
  readonly port_security_enabled: boolean;
  readonly allowed_address_pairs: readonly { readonly ip_address: string; readonly mac_address?: string }[];
}

/** A rule inside a security group. */
export interface Rule {
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: string;
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
  readonly description: string | null;
}

/** GET /v2.0/security-groups. */
export interface Group extends Described {
  readonly security_group_rules: readonly Rule[];
}

/** GET /v2.0/floatingips. */
export interface FloatingIp {
  readonly id: string;
  readonly description: string;
  readonly floating_ip_address: string;
  readonly floating_network_id: string;
  readonly fixed_ip_address: string | null;
  readonly port_id: string | null;
  readonly tags?: readonly string[];
}

/** GET /os-keypairs. */
export interface Keypair {
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
}

/** GET /os-server-groups with microversion 2.64 or newer. */
export interface ServerGroup extends Named {
  readonly policy: string;
  readonly rules: Readonly<Record<string, number>>;
  readonly members: readonly string[];
}

/** GET /servers/detail with microversion 2.90 or newer. */
export interface Server extends Named {
  readonly status: string;
  readonly description: string | null;
  readonly key_name: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly config_drive: string;
  readonly locked: boolean;
  readonly tags: readonly string[];
  readonly image: { readonly id: string };
  readonly flavor: {
    readonly original_name: string;
    readonly vcpus: number;
    readonly ram: number;
    readonly disk: number;
    readonly ephemeral: number;
    readonly swap: number | string;
  };
  readonly addresses: Readonly<Record<string, readonly { readonly 'OS-EXT-IPS-MAC:mac_addr': string }[]>>;
  readonly 'OS-EXT-SRV-ATTR:hostname': string;
}
