import fc from 'fast-check';
import type { Kind } from '../../shared/model/resource.ts';

const text = fc.stringMatching(/^[a-zA-Z0-9 é漢字_.,:;()-]{0,60}$/);
const name = fc.stringMatching(/^[a-z0-9é漢][a-zA-Z0-9 é漢字_.-]{0,40}[a-z0-9]$/);
const tags = fc.uniqueArray(fc.stringMatching(/^[a-z0-9é ]{1,20}$/), { maxLength: 5 });
const address = fc.integer({ min: 1, max: 250 }).map((last) => `192.0.2.${last}`);
const hop = fc.integer({ min: 200, max: 250 });

/** Key of the octet of a subnet: its own addresses are filled in when it is made. */
export type OfSubnet<T> = (octet: number) => T;

const routes = (most: number) =>
  fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 255 }), hop), { maxLength: most, selector: ([octet]) => octet }).map(
    (all): OfSubnet<object[]> =>
      (octet) =>
        all.map(([to, last]) => ({ destination: `172.20.${to}.0/24`, nexthop: `10.${octet}.0.${last}` })),
  );

const pools = fc.constantFrom<OfSubnet<object[]> | undefined>(
  undefined,
  (octet) => [{ start: `10.${octet}.0.10`, end: `10.${octet}.0.190` }],
  (octet) => [
    { start: `10.${octet}.0.60`, end: `10.${octet}.0.99` },
    { start: `10.${octet}.0.10`, end: `10.${octet}.0.40` },
  ],
);

const pair = fc.record({ ip_address: address }, { requiredKeys: ['ip_address'] });
const option = fc.record({
  opt_name: fc.constantFrom('bootfile-name', 'tftp-server', 'server-ip-address'),
  opt_value: fc.stringMatching(/^[a-z0-9./]{1,20}$/),
  ip_version: fc.constantFrom(4, 6),
});

/**
 * Random legal values of the attributes that a member may choose, by the API's names. An attribute
 * that is left out has the cloud's default.
 */
export const randomAttributes = {
  network: {
    name,
    description: text,
    tags,
    admin_state_up: fc.boolean(),
    mtu: fc.integer({ min: 1280, max: 1450 }),
    port_security_enabled: fc.boolean(),
    availability_zone_hints: fc.constantFrom([], ['nova']),
  },
  address_scope: { name },
  subnet_pool: {
    name,
    description: text,
    tags,
    default_prefixlen: fc.constantFrom(24, 26),
    min_prefixlen: fc.constantFrom(16, 20),
    max_prefixlen: fc.constantFrom(28, 32),
    default_quota: fc.constantFrom(null, 256, 5000),
  },
  subnet: {
    name,
    description: text,
    tags,
    enable_dhcp: fc.boolean(),
    allocation_pools: pools,
    dns_nameservers: fc.uniqueArray(address, { maxLength: 5 }),
    host_routes: routes(4),
    // A router's leg needs a subnet that serves it.
    service_types: fc.constantFrom([], ['network:router_interface', 'compute:nova']),
  },
  router: { name, description: text, tags, admin_state_up: fc.boolean() },
  routes: { routes: routes(3) },
  address_group: {
    name,
    description: text,
    addresses: fc.uniqueArray(
      address.map((ip) => `${ip}/32`),
      { maxLength: 6 },
    ),
  },
  security_group: { name, description: text, tags, stateful: fc.boolean() },
  security_group_rule: {
    description: text,
    direction: fc.constantFrom('ingress', 'egress'),
    protocol: fc.constantFrom(null, 'tcp', 'udp', 'icmp', '47', 'vrrp'),
    remote_ip_prefix: fc.option(address.map((ip) => `${ip}/32`)),
  },
  port: {
    name,
    description: text,
    tags,
    admin_state_up: fc.boolean(),
    port_security_enabled: fc.boolean(),
    allowed_address_pairs: fc.uniqueArray(pair, { maxLength: 4, selector: ({ ip_address }) => ip_address }),
    extra_dhcp_opts: fc.uniqueArray(option, { maxLength: 2, selector: ({ opt_name }) => opt_name }),
    'binding:vnic_type': fc.constantFrom('normal', 'direct', 'macvtap'),
    device_owner: fc.constantFrom('', 'vip:keepalived', 'Octavia'),
  },
  server: {
    name,
    description: text,
    tags,
    metadata: fc.dictionary(fc.stringMatching(/^[a-z0-9_.-]{1,20}$/), text, { maxKeys: 5 }),
    config_drive: fc.boolean(),
    'OS-DCF:diskConfig': fc.constantFrom('AUTO', 'MANUAL'),
    'OS-EXT-SRV-ATTR:hostname': fc.constantFrom(undefined, 'web-1', 'a0'),
  },
} as const satisfies Partial<Record<Kind, Readonly<Record<string, fc.Arbitrary<unknown>>>>>;

/** Draws the attributes of one resource; each may be left out. */
export function draw<K extends keyof typeof randomAttributes>(kind: K, seed: number): Record<string, unknown> {
  const [drawn] = fc.sample(fc.record(randomAttributes[kind] as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] }), {
    seed,
    numRuns: 1,
  });
  return Object.fromEntries(Object.entries(drawn ?? {}).filter(([, value]) => value !== undefined));
}
