import { z } from 'zod';

const NonEmptyText = z.string().min(1);

/**
 * What a receiver with an admin's rights lets senders have done. `quotas`: whether those of the
 * project are raised; a map names the only ones, and how far. -1 is no limit.
 */
const Allowance = z.strictObject({
  quotas: z.union([z.boolean(), z.record(NonEmptyText, z.int().min(-1))]).default(true),
  public_images: z.boolean().default(true),
});
export type Allowance = Readonly<z.infer<typeof Allowance>>;

/**
 * The `auth` section, spelled as in clouds.yaml. Secrets may be given as `file:/path` or
 * `env:NAME`, so that sender.yaml holds none.
 */
const Auth = z.strictObject({
  auth_url: z.url(),
  username: NonEmptyText.optional(),
  user_id: NonEmptyText.optional(),
  password: NonEmptyText.optional(),
  user_domain_name: NonEmptyText.optional(),
  user_domain_id: NonEmptyText.optional(),
  project_name: NonEmptyText.optional(),
  project_id: NonEmptyText.optional(),
  project_domain_name: NonEmptyText.optional(),
  project_domain_id: NonEmptyText.optional(),
  token: NonEmptyText.optional(),
  application_credential_id: NonEmptyText.optional(),
  application_credential_name: NonEmptyText.optional(),
  application_credential_secret: NonEmptyText.optional(),
});

/**
 * How an OpenStack cloud is reached: `cloud`, a name in clouds.yaml, or `auth`, written out; with
 * neither, OS_CLOUD or the OS_* variables. What is given here stands above clouds.yaml.
 */
export const OpenStackSettings = z.strictObject({
  /** A name in clouds.yaml. */
  cloud: NonEmptyText.optional(),
  /**
   * The clouds.yaml to read, instead of searching the usual places; secure.yaml is expected beside
   * it.
   */
  clouds_file: NonEmptyText.optional(),
  auth_type: NonEmptyText.optional(),
  auth: Auth.optional(),
  region_name: NonEmptyText.optional(),
  interface: z.enum(['public', 'internal', 'admin']).optional(),
  /** A PEM file with the authority that signed the cloud's certificates. */
  cacert: NonEmptyText.optional(),
  /** False accepts any certificate; for laboratories only. */
  verify: z.boolean().optional(),
  /**
   * How disks are registered in Glance, where the receiver's copy has extents; raw where it
   * does not.
   */
  disk_format: z.enum(['qcow2', 'raw']).default('qcow2'),
  /** Disks that are uploaded to Glance at once. */
  uploads: z.int().min(1).max(16).default(2),
  /** At the destination: what senders may have done. */
  allow: Allowance.prefault({}),
  connect_timeout_seconds: z.number().positive().default(15),
  /** Until the headers of an answer; Neutron under load takes its time. */
  answer_timeout_seconds: z.number().positive().default(120),
  /** Between two pieces of an answer's body. */
  idle_timeout_seconds: z.number().positive().default(60),
});
export type OpenStackSettings = z.infer<typeof OpenStackSettings>;
