import { z } from 'zod';
import { Id, type Kind } from './resource-fields.ts';

/** A list or map whose `null` is read as empty: an editor leaves that where all was deleted. */
export function orEmpty<T extends z.ZodType>(schema: T, empty: z.output<T>) {
  return schema.nullish().transform((value) => value ?? empty);
}

/** Users or groups of the source. */
const MappedPeople = z.record(z.string().min(1).max(255), z.strictObject({ name: z.string().optional(), to: z.string().min(1) }));

/** By source id: what exists at the destination and takes the place. */
const Existing = z.record(Id, z.strictObject({ name: z.string().optional(), to: z.string().min(1) }));

/**
 * How things of the source become things of the destination. Keys are source ids (a keypair's is
 * its name); `name` is for people.
 */
export const Mappings = z.strictObject({
  /** `to`: a destination flavor's id or name, or `create`. */
  flavors: orEmpty(z.record(Id, z.strictObject({ name: z.string().optional(), to: z.string().min(1) })), {}),
  /**
   * `to`: a destination network's id or name, or `create`. External networks cannot be created,
   * only mapped.
   */
  networks: orEmpty(z.record(Id, z.strictObject({ name: z.string().optional(), to: z.string().min(1) })), {}),
  /**
   * `to`: an existing QoS policy, router, address scope, subnet pool, address group, security
   * group, server group, DNS zone, or port or trunk without a server, by its id or name, or
   * `create`. A mapped router keeps its gateway and routes; interfaces that it lacks are added, as
   * record sets are to a mapped zone.
   */
  qos_policies: Existing.nullish(),
  routers: Existing.nullish(),
  address_scopes: Existing.nullish(),
  subnet_pools: Existing.nullish(),
  address_groups: Existing.nullish(),
  security_groups: Existing.nullish(),
  ports: Existing.nullish(),
  trunks: Existing.nullish(),
  server_groups: Existing.nullish(),
  dns_zones: Existing.nullish(),
  /**
   * `ip`: the router's address in the external network: `auto`, `same`, or an address. Keys are
   * router ids.
   */
  gateways: orEmpty(z.record(Id, z.strictObject({ name: z.string().optional(), ip: z.string().min(1) })), {}),
  /** `to`: `same`, `auto` (another address from the pool), `skip`, or an address. */
  floating_ips: orEmpty(z.record(Id, z.strictObject({ address: z.string().optional(), to: z.string().min(1) })), {}),
  /**
   * By the id of a project at the source, or `*`: `to`, the id of the project at the destination
   * that shares what that project shares, `*` for every project, or `skip`.
   */
  projects: z
    .record(z.string().min(1).max(255), z.strictObject({ name: z.string().optional(), to: z.string().min(1) }))
    .optional(),
  /**
   * Whose roles in the project whoever `to` names gets at the destination, by name or id on both
   * sides, or `skip`; others get those of their namesakes.
   */
  users: MappedPeople.optional(),
  groups: MappedPeople.optional(),
  /** By the name of a volume type at the source: `to`, the name or id of one at the destination. */
  volume_types: z.record(z.string().min(1).max(255), z.strictObject({ to: z.string().min(1) })).optional(),
  /**
   * `availability_zone`: where a server is built, `ZONE`, or `ZONE:HOST` for admins; the
   * destination's scheduler chooses for the others.
   */
  servers: z
    .record(
      Id,
      z.strictObject({
        name: z.string().optional(),
        availability_zone: z.string().regex(/^[^:\s]+(:[^:\s]+)?$/, 'must be ZONE, or ZONE:HOST'),
      }),
    )
    .optional(),
  /** Whether quotas of the destination that are lower are raised; `options.quotas` of the plan. */
  quotas: z.literal('carry').optional(),
  /** Whether the project gets the description and tags of the source's; `options.project`. */
  project: z.literal('carry').optional(),
  /** Whether users and groups get their roles in the project; `options.assignments`. */
  assignments: z.literal('carry').optional(),
  /**
   * Whether DNS records get the new addresses of floating IPs and gateways, as far as the plan
   * names them; `options.dns_addresses`.
   */
  dns_addresses: z.literal('rewrite').optional(),
  /**
   * Fatal concerns that the operator accepts: a code, or a code and the ref that it is about
   * (`gateway.snat_rights gateway/6f…`). Only codes that may be accepted count.
   */
  accept: z.array(z.string().min(1)).readonly().optional(),
});
export type Mappings = z.infer<typeof Mappings>;

/** The kinds for which something that exists at the destination can take the place. */
export type MappedKind =
  | 'qos_policies'
  | 'networks'
  | 'address_scopes'
  | 'subnet_pools'
  | 'routers'
  | 'address_groups'
  | 'security_groups'
  | 'ports'
  | 'trunks'
  | 'server_groups'
  | 'dns_zones';

/** What takes the place of a resource, by id or name; null where it is created. */
export function mappedTo(mappings: Mappings, kind: MappedKind, id: string): string | null {
  const to = mappings[kind]?.[id]?.to;
  return to === undefined || to === 'create' ? null : to;
}

/** The name or id of the destination's volume type for one of the source, by its name. */
export function mappedVolumeType({ volume_types }: Mappings, name: string): string {
  return volume_types?.[name]?.to ?? name;
}

/** Maps nothing. */
export const noMappings: Mappings = Mappings.parse({});

/** What moves only if the plan says `carry`, by its name in the mappings: the kind of each. */
export const carriedIfAsked = {
  quotas: 'quota_set',
  project: 'project',
  assignments: 'role_assignment',
} as const satisfies Partial<Record<keyof Mappings, Kind>>;

/** A name of what moves only if asked. */
export type CarriedIfAsked = keyof typeof carriedIfAsked;

/** Whether a plan leaves out a kind because it was not asked for. */
export function isUnasked(kind: Kind, mappings: Mappings): boolean {
  return namesOfAsked.some((name) => carriedIfAsked[name] === kind && mappings[name] !== 'carry');
}

const namesOfAsked = Object.keys(carriedIfAsked) as CarriedIfAsked[];

/** Mappings with what is carried of the names that `isMeant` takes, and no other such name. */
export function withCarried(mappings: Mappings, isMeant: (name: CarriedIfAsked) => boolean): Mappings {
  const others = Object.entries(mappings).filter(([name]) => !(name in carriedIfAsked));
  const carried = namesOfAsked.filter(isMeant).map((name) => [name, 'carry'] as const);
  return Object.fromEntries([...others, ...carried]) as Mappings;
}

/** One set of mappings out of several; where two map the same thing, the later one wins. */
export function overlaid(...layers: readonly Mappings[]): Mappings {
  const optional = [
    'servers',
    'qos_policies',
    'address_scopes',
    'subnet_pools',
    'routers',
    'address_groups',
    'security_groups',
    'ports',
    'trunks',
    'server_groups',
    'dns_zones',
    'volume_types',
    'projects',
    'users',
    'groups',
  ] as const;
  const given = optional.map((kind) => [kind, Object.assign({}, ...layers.map((layer) => layer[kind])) as object] as const);
  const accept = [...new Set(layers.flatMap((layer) => layer.accept ?? []))];
  const isRewritten = layers.some((layer) => layer.dns_addresses === 'rewrite');
  const isCarried = (name: CarriedIfAsked): boolean => layers.some((layer) => layer[name] === 'carry');
  const all = {
    ...(accept.length === 0 ? {} : { accept }),
    ...(isRewritten ? { dns_addresses: 'rewrite' as const } : {}),
    ...Object.fromEntries(given.filter(([, entries]) => Object.keys(entries).length > 0)),
    flavors: Object.assign({}, ...layers.map(({ flavors }) => flavors)) as Mappings['flavors'],
    networks: Object.assign({}, ...layers.map(({ networks }) => networks)) as Mappings['networks'],
    gateways: Object.assign({}, ...layers.map(({ gateways }) => gateways)) as Mappings['gateways'],
    floating_ips: Object.assign({}, ...layers.map(({ floating_ips }) => floating_ips)) as Mappings['floating_ips'],
  };
  return withCarried(all, isCarried);
}
