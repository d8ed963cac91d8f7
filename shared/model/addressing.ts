import { z } from 'zod';
import { common, described, Id } from './resource-fields.ts';

/** A scope in which addresses are unique: between its subnets, a router does not translate. */
export const AddressScope = z.object({ ...common, ip_version: z.union([z.literal(4), z.literal(6)]) });

/** Ranges that subnets take theirs from. */
export const SubnetPool = z.object({
  ...described,
  prefixes: z.array(z.string()),
  default_prefixlen: z.int(),
  min_prefixlen: z.int(),
  max_prefixlen: z.int(),
  /** What a project may take: addresses of IPv4, or networks of 64 bits. Null: all. */
  default_quota: z.int().nullable().default(null),
  address_scope_id: Id.nullable().default(null),
});

/**
 * What a floating IP forwards to a port of a server. A single port, or a range such as `8000:8010`;
 * `external` is that of the floating IP.
 */
export const PortForwarding = z.object({
  ...common,
  description: z.string().default(''),
  floating_ip_id: Id,
  protocol: z.string(),
  external_port: z.int().nullable().default(null),
  external_port_range: z.string().nullable().default(null),
  internal_port_id: Id,
  internal_ip_address: z.string(),
  internal_port: z.int().nullable().default(null),
  internal_port_range: z.string().nullable().default(null),
});

/** A port whose guest has further ports on it, each as a VLAN of its own. */
export const Trunk = z.object({
  ...described,
  admin_state_up: z.boolean().default(true),
  port_id: Id,
  sub_ports: z.array(z.object({ port_id: Id, segmentation_type: z.string(), segmentation_id: z.int() })).default([]),
});

/** Addresses that rules of security groups name together. */
export const AddressGroup = z.object({
  ...common,
  description: z.string().default(''),
  addresses: z.array(z.string()).default([]),
});
