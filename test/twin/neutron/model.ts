/** What every Neutron resource carries (the standard attributes). */
export interface Standard {
  readonly id: string;
  /** Empty for things that belong to no project, such as a router's gateway port. */
  readonly project: string;
  description: string;
  tags: string[];
  revision: number;
  readonly createdAt: string;
  updatedAt: string;
  /** The projects that RBAC policies share it with; `*`: all. */
  sharedWith?: readonly string[];
}

/** One rule of a QoS policy. */
export interface QosRule {
  readonly id: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A QoS policy. */
export interface QosPolicy extends Standard {
  name: string;
  isDefault: boolean;
  rules: readonly QosRule[];
}

/** That a resource may be used by another project, or by all (`*`). */
export interface RbacPolicy extends Standard {
  readonly objectType: string;
  readonly objectId: string;
  readonly action: string;
  target: string;
}

/** What may have a QoS policy; absent in the state of an earlier twin. */
interface PolicyUser {
  qosPolicyId?: string | null;
}

/** A network. */
export interface Network extends Standard, PolicyUser {
  name: string;
  adminStateUp: boolean;
  shared: boolean;
  external: boolean;
  isDefault: boolean;
  mtu: number;
  portSecurity: boolean;
  dnsDomain: string;
  readonly zoneHints: readonly string[];
  readonly provider: { readonly type: string; readonly physical: string | null; readonly segment: number | null };
}

/** An address range from first to last, both included. */
export interface Pool {
  readonly start: string;
  readonly end: string;
}

/** A static route. */
export interface HostRoute {
  readonly destination: string;
  readonly nexthop: string;
}

/** An address scope: a name, and nothing that other resources of Neutron have. */
export interface AddressScope extends Standard {
  name: string;
  readonly ipVersion: 4 | 6;
  shared: boolean;
}

/** A pool of ranges. */
export interface SubnetPool extends Standard {
  name: string;
  readonly ipVersion: 4 | 6;
  prefixes: readonly string[];
  defaultLength: number;
  minLength: number;
  maxLength: number;
  quota: number | null;
  scopeId: string | null;
  isDefault: boolean;
  shared: boolean;
}

/** A subnet. */
export interface Subnet extends Standard {
  readonly networkId: string;
  name: string;
  readonly ipVersion: 4 | 6;
  readonly cidr: string;
  gatewayIp: string | null;
  pools: readonly Pool[];
  dnsNameservers: readonly string[];
  hostRoutes: readonly HostRoute[];
  enableDhcp: boolean;
  readonly raMode: string | null;
  readonly addressMode: string | null;
  serviceTypes: readonly string[];
  /** Absent in the state of an earlier twin. */
  readonly poolId?: string | null;
}

/** One address of a port. */
export interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

/** An address (and MAC) that a port may use besides its own. */
export interface AddressPair {
  readonly ip_address: string;
  readonly mac_address: string;
}

/** A DHCP option of a port. */
interface DhcpOption {
  readonly opt_name: string;
  readonly opt_value: string;
  readonly ip_version: number;
}

/** A port. */
export interface Port extends Standard, PolicyUser {
  readonly networkId: string;
  name: string;
  macAddress: string;
  adminStateUp: boolean;
  status: 'ACTIVE' | 'DOWN' | 'BUILD';
  deviceId: string;
  deviceOwner: string;
  fixedIps: readonly FixedIp[];
  securityGroups: readonly string[];
  portSecurity: boolean;
  addressPairs: readonly AddressPair[];
  dhcpOptions: readonly DhcpOption[];
  vnicType: string;
  dnsName: string;
  hostId: string;
  profile: Record<string, unknown>;
}

/** A router's way out. */
interface Gateway {
  readonly networkId: string;
  readonly enableSnat: boolean;
  readonly portId: string;
}

/** A router. */
export interface Router extends Standard, PolicyUser {
  name: string;
  adminStateUp: boolean;
  gateway: Gateway | null;
  routes: readonly HostRoute[];
  readonly distributed: boolean;
  readonly ha: boolean;
  readonly zoneHints: readonly string[];
}

/** Addresses that rules name together. */
export interface AddressGroup extends Standard {
  name: string;
  addresses: readonly string[];
}

/** A security group. */
export interface SecurityGroup extends Standard {
  name: string;
  stateful: boolean;
}

/** One rule of a security group; rules never change. */
export interface SecurityRule extends Standard {
  readonly groupId: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: 'IPv4' | 'IPv6';
  readonly protocol: string | null;
  readonly portMin: number | null;
  readonly portMax: number | null;
  readonly remotePrefix: string | null;
  readonly remoteGroupId: string | null;
  /** Absent in the state of an earlier twin. */
  readonly remoteAddressGroupId?: string | null;
}

/** A port that is a VLAN on another. */
export interface Subport {
  readonly port_id: string;
  readonly segmentation_type: string;
  readonly segmentation_id: number;
}

/** A trunk. */
export interface Trunk extends Standard {
  name: string;
  adminStateUp: boolean;
  readonly portId: string;
  subports: readonly Subport[];
}

/** One forwarded port of a floating IP. */
export interface PortForwarding {
  readonly id: string;
  readonly floatingIpId: string;
  readonly protocol: string;
  /** From and to. */
  readonly external: readonly [number, number];
  readonly internal: readonly [number, number];
  readonly description: string;
  readonly internal_ip_address: string;
  readonly internal_port_id: string;
}

/** A floating IP. */
export interface FloatingIp extends Standard, PolicyUser {
  readonly networkId: string;
  readonly address: string;
  /** The port that holds the address on the external network. */
  readonly ownPortId: string;
  portId: string | null;
  fixedIp: string | null;
  routerId: string | null;
  status: 'ACTIVE' | 'DOWN';
}
