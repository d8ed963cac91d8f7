import { z } from 'zod';
import { Problem } from '../problem.ts';
import { inBuildOrder } from './build-order.ts';
import { factsOf, type Plural } from './kinds.ts';
import { Mappings } from './mappings.ts';
import { kinds, type Resource, schemas } from './resource.ts';

/** The version of `configurations.json` this release writes and reads. */
export const configurationsVersion = 2;

/**
 * `configurations.json`: what a source project holds and how it maps to the destination. Field by
 * field in `shared/model/README.md`.
 */
export const Configurations = z.object({
  format: z.literal('godwit/configurations'),
  version: z.literal(configurationsVersion),
  /** ISO 8601, UTC. */
  created_at: z.string(),
  /** The Godwit release that wrote it. */
  release: z.string(),
  /** The campaign it belongs to; absent in a plain capture. */
  campaign: z.uuid().optional(),
  source: z.object({ provider: z.string(), region: z.string().default(''), project_id: z.string(), project_name: z.string() }),
  mappings: Mappings.prefault({}),
  projects: z.array(schemas.project).default([]),
  quota_sets: z.array(schemas.quota_set).default([]),
  qos_policies: z.array(schemas.qos_policy).default([]),
  networks: z.array(schemas.network).default([]),
  address_scopes: z.array(schemas.address_scope).default([]),
  subnet_pools: z.array(schemas.subnet_pool).default([]),
  subnets: z.array(schemas.subnet).default([]),
  routers: z.array(schemas.router).default([]),
  gateways: z.array(schemas.gateway).default([]),
  interfaces: z.array(schemas.interface).default([]),
  routes: z.array(schemas.routes).default([]),
  address_groups: z.array(schemas.address_group).default([]),
  security_groups: z.array(schemas.security_group).default([]),
  security_group_rules: z.array(schemas.security_group_rule).default([]),
  rbac_policies: z.array(schemas.rbac_policy).default([]),
  role_assignments: z.array(schemas.role_assignment).default([]),
  dns_zones: z.array(schemas.dns_zone).default([]),
  dns_record_sets: z.array(schemas.dns_record_set).default([]),
  ports: z.array(schemas.port).default([]),
  trunks: z.array(schemas.trunk).default([]),
  floating_ips: z.array(schemas.floating_ip).default([]),
  port_forwardings: z.array(schemas.port_forwarding).default([]),
  keypairs: z.array(schemas.keypair).default([]),
  server_groups: z.array(schemas.server_group).default([]),
  flavors: z.array(schemas.flavor).default([]),
  images: z.array(schemas.image).default([]),
  disks: z.array(schemas.disk).default([]),
  volumes: z.array(schemas.volume).default([]),
  servers: z.array(schemas.server).default([]),
});
export type Configurations = z.infer<typeof Configurations>;

/** Some of the resources of a document, under its own keys. */
export type DocumentPart = Pick<Configurations, Plural>;

const Part = Configurations.pick(
  Object.fromEntries(Object.values(factsOf).map(({ plural }) => [plural, true])) as Record<Plural, true>,
);

/** All resources of a document, each with its kind, in the document's order. */
export function resourcesOf(document: Configurations): Resource[] {
  return kinds.flatMap((kind) => (document[factsOf[kind].plural] as object[]).map((fields) => ({ kind, ...fields }) as Resource));
}

/** Lists resources under their kinds' keys, as the document does. */
export function groupByKind(resources: readonly Resource[]): Pick<Configurations, Plural> {
  const groups = Object.fromEntries(kinds.map((kind) => [factsOf[kind].plural, [] as object[]]));
  for (const { kind, ...fields } of resources) (groups[factsOf[kind].plural] as object[]).push(fields);
  return groups as unknown as Pick<Configurations, Plural>;
}

/** Reads some of the resources of a document. Throws E_DOCUMENT (with the first complaints). */
export function parsePart(value: unknown): DocumentPart {
  const parsed = Part.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid('A part of the document', parsed.error);
}

/**
 * A document with the resources of its parts before its own, each list in order. Throws
 * E_DUPLICATE, E_DANGLING or E_CYCLE.
 */
export function joinParts(document: Configurations, parts: readonly DocumentPart[]): Configurations {
  const lists = Object.values(factsOf).map(({ plural }) => [
    plural,
    [...parts, document].flatMap((one): object[] => one[plural]),
  ]);
  const whole = { ...document, ...(Object.fromEntries(lists) as unknown as DocumentPart) };
  inBuildOrder(resourcesOf(whole));
  return whole;
}

function invalid(about: string, { issues }: z.ZodError): Problem {
  const complaints = issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
  return new Problem('E_DOCUMENT', `${about} is not a valid document:\n  ${complaints.join('\n  ')}`, { about });
}

/**
 * Reads a document: checks version, shape, ids and needs, and returns it.
 * Throws E_DOCUMENT (with every complaint), E_DOCUMENT_VERSION, E_DUPLICATE, E_DANGLING or E_CYCLE.
 */
export function parseConfigurations(value: unknown, about = 'configurations.json'): Configurations {
  const version = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['version'] : undefined;
  if (typeof version === 'number' && version !== configurationsVersion) {
    throw new Problem(
      'E_DOCUMENT_VERSION',
      `${about} has version ${version}; this release reads version ${configurationsVersion}.`,
      { about },
    );
  }
  const parsed = Configurations.safeParse(value);
  if (!parsed.success) throw invalid(about, parsed.error);
  inBuildOrder(resourcesOf(parsed.data));
  return parsed.data;
}
