/**
 * OpenStack's answers as far as the code reads them by name; the tables of `attributes/` have the
 * rest. A field that only some clouds or some users see is optional.
 */

/**
 * Something of a cloud as its API shows it, spelled as in the API references
 * (docs.openstack.org/api-ref: compute, network, image).
 */
export interface ApiThing {
  readonly [attribute: string]: unknown;
}

/** Neutron's standard attributes. */
interface Standard extends ApiThing {
  readonly id: string;
  readonly project_id: string;
  readonly description?: string | null;
  readonly tags?: readonly string[];
  readonly created_at?: string;
}

/** GET /v2.0/networks. */
export interface ApiNetwork extends Standard {
  readonly name: string;
  readonly shared: boolean;
  readonly 'router:external'?: boolean;
  readonly mtu?: number | null;
  readonly qos_policy_id?: string | null;
}

/** GET /v2.0/subnets. */
export interface ApiSubnet extends Standard {
  readonly name: string;
  readonly network_id: string;
  readonly ip_version: 4 | 6;
  readonly cidr: string;
  readonly gateway_ip: string | null;
  readonly enable_dhcp?: boolean;
  readonly subnetpool_id?: string | null;
  readonly allocation_pools: readonly { readonly start: string; readonly end: string }[];
}

interface ApiFixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

/** `external_gateway_info` of a router. */
export interface ApiGateway extends ApiThing {
  readonly network_id: string;
  readonly enable_snat?: boolean;
  readonly external_fixed_ips?: readonly ApiFixedIp[];
  readonly qos_policy_id?: string | null;
}

/** GET /v2.0/routers. */
export interface ApiRouter extends Standard {
  readonly name: string;
  readonly routes?: readonly { readonly destination: string; readonly nexthop: string }[];
  readonly external_gateway_info?: ApiGateway | null;
}

/** GET /v2.0/ports. */
export interface ApiPort extends Standard {
  readonly name: string;
  readonly network_id: string;
  readonly mac_address: string;
  readonly fixed_ips: readonly ApiFixedIp[];
  readonly device_id: string;
  readonly device_owner: string;
  readonly security_groups?: readonly string[];
  readonly allowed_address_pairs?: readonly { readonly ip_address: string }[];
  readonly 'binding:vnic_type'?: string;
  /** Of the parent of a trunk. */
  readonly trunk_details?: object | null;
  readonly qos_policy_id?: string | null;
}

/** GET /v2.0/qos/policies. */
export interface ApiQosPolicy extends Standard {
  readonly name: string;
  readonly shared?: boolean;
  readonly is_default?: boolean;
  readonly rules: readonly ({ readonly id: string; readonly type: string } & ApiThing)[];
}

/** GET /v2.0/rbac-policies. */
export interface ApiRbacPolicy extends ApiThing {
  readonly id: string;
  readonly project_id: string;
  readonly action: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly target_tenant: string;
}

/** GET /v2.0/security-group-rules. */
export interface ApiRule extends ApiThing {
  readonly id: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: string | null;
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly security_group_id: string;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
  readonly remote_address_group_id?: string | null;
  readonly tags?: readonly string[];
}

/** GET /v2.0/address-scopes. */
export interface ApiAddressScope extends ApiThing {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly ip_version: 4 | 6;
  readonly shared?: boolean;
}

/** GET /v2.0/subnetpools. */
export interface ApiSubnetPool extends Standard {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly address_scope_id?: string | null;
  readonly shared?: boolean;
}

/** GET /v2.0/address-groups. */
export interface ApiAddressGroup extends Standard {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** GET /v2.0/security-groups. */
export interface ApiSecurityGroup extends Standard {
  readonly name: string;
  readonly security_group_rules: readonly ApiRule[];
}

/** GET /v2.0/floatingips. */
export interface ApiFloatingIp extends Standard {
  readonly floating_network_id: string;
  readonly floating_ip_address: string;
  readonly port_id: string | null;
  readonly fixed_ip_address: string | null;
  readonly router_id: string | null;
  readonly qos_policy_id?: string | null;
}

/** GET /v2.0/trunks. */
export interface ApiTrunk extends Standard {
  readonly name: string;
  readonly admin_state_up: boolean;
  readonly port_id: string;
  readonly sub_ports: readonly {
    readonly port_id: string;
    readonly segmentation_type: string;
    readonly segmentation_id: number;
  }[];
}

/** GET /v2.0/floatingips/{id}/port_forwardings. */
export interface ApiPortForwarding extends ApiThing {
  readonly id: string;
  readonly protocol: string;
  readonly external_port?: number | null;
  readonly external_port_range?: string | null;
  readonly internal_port_id: string;
  readonly internal_ip_address: string;
}

/** GET /v2.0/network-ip-availabilities. */
export interface ApiAvailability {
  readonly network_id: string;
  readonly subnet_ip_availability: readonly {
    readonly ip_version: number;
    readonly total_ips: number;
    readonly used_ips: number;
  }[];
}

/** GET /servers/{id}, microversion 2.52 or newer: the flavor is embedded, without its id. */
export interface ApiServer extends ApiThing {
  readonly id: string;
  readonly name: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly status: string;
  readonly updated?: string;
  readonly image: '' | { readonly id: string } | null;
  readonly flavor: {
    readonly original_name: string;
    readonly vcpus: number;
    readonly ram: number;
    readonly disk: number;
    readonly ephemeral: number;
    readonly swap: number | string;
    readonly extra_specs?: Readonly<Record<string, string>>;
  };
  readonly key_name: string | null;
  readonly tags?: readonly string[];
  readonly host_status?: string;
  readonly locked?: boolean;
  readonly locked_reason?: string | null;
  readonly addresses: Readonly<
    Record<
      string,
      readonly { readonly addr: string; readonly 'OS-EXT-IPS:type'?: string; readonly 'OS-EXT-IPS-MAC:mac_addr'?: string }[]
    >
  >;
  readonly fault?: { readonly message: string; readonly code: number } | null;
  readonly 'OS-EXT-STS:task_state'?: string | null;
  readonly 'OS-EXT-AZ:availability_zone'?: string | null;
  readonly 'OS-EXT-SRV-ATTR:user_data'?: string | null;
  readonly 'OS-EXT-SRV-ATTR:root_device_name'?: string | null;
  readonly 'os-extended-volumes:volumes_attached'?: readonly {
    readonly id: string;
    readonly delete_on_termination?: boolean;
  }[];
}

/** GET /servers/{id}/os-volume_attachments. */
export interface ApiAttachment {
  readonly volumeId: string;
  readonly device?: string | null;
  /** From 2.70 on. */
  readonly tag?: string | null;
  /** From 2.79 on. */
  readonly delete_on_termination?: boolean;
}

/** GET /volumes/{id} of Cinder. */
export interface ApiVolume extends ApiThing {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly size: number;
  readonly volume_type: string | null;
  readonly availability_zone: string;
  /** 'true' or 'false'. */
  readonly bootable: string;
  readonly created_at?: string | null;
  readonly updated_at?: string | null;
  readonly encrypted?: boolean;
  readonly multiattach?: boolean;
  /** The snapshot or volume that it was made of. */
  readonly snapshot_id?: string | null;
  readonly source_volid?: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly volume_image_metadata?: Readonly<Record<string, string>>;
  readonly attachments: readonly { readonly server_id: string; readonly attachment_id?: string }[];
}

/** GET /snapshots/{id} of Cinder. */
export interface ApiVolumeSnapshot extends ApiThing {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly size: number;
  readonly volume_id: string;
  readonly created_at?: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** GET /types of Cinder; only admins see all extra specs. */
export interface ApiVolumeType extends ApiThing {
  readonly id: string;
  readonly name: string;
  readonly extra_specs?: Readonly<Record<string, string>>;
}

/** GET /servers/{id}/os-instance-actions. */
export interface ApiAction {
  readonly action: string;
  readonly request_id: string;
}

/** GET /flavors/detail. */
export interface ApiFlavor extends ApiThing {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
  readonly description?: string | null;
  readonly extra_specs?: Readonly<Record<string, string>>;
}

/** GET /os-keypairs/{name}. */
export interface ApiKeypair extends ApiThing {
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
  readonly user_id?: string;
}

/** GET /os-server-groups. */
export interface ApiServerGroup extends ApiThing {
  readonly id: string;
  /** From 2.13 on. */
  readonly project_id?: string;
  readonly user_id?: string;
  readonly name: string;
  /** From 2.64 on, with `rules`; before that `policies` lists the one policy. */
  readonly policy: string;
  readonly rules?: Readonly<Record<string, number>>;
  readonly members: readonly string[];
}

/** GET /v2/images/{id}; properties stand beside the named fields. */
export interface ApiImage extends ApiThing {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly owner: string;
  readonly visibility: string;
  readonly disk_format: string | null;
  readonly size: number | null;
  readonly virtual_size: number | null;
  readonly min_disk: number;
  readonly min_ram: number;
  readonly checksum?: string | null;
  readonly os_hash_algo?: string | null;
  readonly os_hash_value?: string | null;
}

/** A user or group as Keystone names it where it is asked to. */
export interface ApiPerson {
  readonly id: string;
  readonly name?: string;
  readonly domain?: { readonly id: string; readonly name?: string };
}

/** GET /v3/role_assignments. */
export interface ApiAssignment {
  readonly role: ApiPerson;
  readonly user?: ApiPerson;
  readonly group?: ApiPerson;
  readonly scope?: { readonly project?: ApiPerson; readonly 'OS-INHERIT:inherited_to'?: string };
  /** `prior_role`: the role that implies this one. */
  readonly links?: { readonly prior_role?: string };
}

/** GET /v3/projects/{project_id}. */
export interface ApiProject extends ApiThing {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
  readonly tags?: readonly string[];
  readonly domain_id?: string;
}
