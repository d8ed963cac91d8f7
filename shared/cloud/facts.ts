import { z } from 'zod';
import { isKind } from '../model/resource.ts';

const Limit = z.object({ limit: z.int().describe('-1: unlimited'), used: z.int() });

/**
 * What the planner asks of the destination: enough to propose mappings and to find concerns,
 * nothing that changes every second.
 */
export const DestinationFacts = z.object({
  provider: z.string(),
  region: z.string().default(''),
  project_id: z.string(),
  project_name: z.string(),
  /** The kinds of resource that it can build, as far as this release knows them. */
  kinds: z.array(z.string()).transform((all) => all.filter(isKind)),
  /**
   * Whether the credentials may do what only a cloud admin may: create flavors, choose floating
   * addresses.
   */
  admin: z.boolean(),
  flavors: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      vcpus: z.int(),
      ram: z.int(),
      disk: z.int(),
      ephemeral: z.int(),
      swap: z.int(),
      extra_specs: z.record(z.string(), z.string()).default({}),
    }),
  ),
  networks: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      external: z.boolean(),
      shared: z.boolean(),
      project_id: z.string(),
      subnets: z.array(z.object({ id: z.string(), name: z.string(), cidr: z.string(), ip_version: z.int() })),
    }),
  ),
  keypairs: z.array(z.object({ name: z.string(), fingerprint: z.string() })),
  volume_types: z
    .array(z.object({ id: z.string(), name: z.string(), extra_specs: z.record(z.string(), z.string()).default({}) }))
    .default([]),
  /** Users and groups in the domain of the project, as far as the credentials may list them. */
  users: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
  groups: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
  /**
   * By resource name: network, subnet, subnetpool, router, port, trunk, security_group,
   * security_group_rule, floatingip, instances, cores, ram (MiB), key_pairs (of a user),
   * metadata_items (of one server), server_groups, server_group_members (of one group),
   * image_count_total, image_count_uploading (at once), image_size_total (MiB), volumes, gigabytes,
   * snapshots, per_volume_gigabytes.
   */
  quotas: z.record(z.string(), Limit),
  /** Bytes free where the receiver stages disks. */
  staging_free_bytes: z.number(),
});
export type DestinationFacts = z.infer<typeof DestinationFacts>;

/** The facts that the cloud provides; the receiver adds the rest. */
export type CloudFacts = Omit<DestinationFacts, 'kinds' | 'staging_free_bytes'>;
