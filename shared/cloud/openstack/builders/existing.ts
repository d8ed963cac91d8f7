import { type MappedKind, mappedTo } from '../../../model/mappings.ts';
import { type Ref, type Resource, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext, Built } from '../../destination-cloud.ts';
import { markedCollections } from './marked.ts';
import type { Site } from './site.ts';
import { type Collection, collections } from './stamped.ts';

/** Where each kind is listed to which something may be mapped. */
export const collectionOf: Readonly<Record<Exclude<MappedKind, 'server_groups' | 'dns_zones'>, Collection>> = {
  qos_policies: collections.qos_policy,
  networks: collections.network,
  routers: collections.router,
  address_scopes: markedCollections.address_scope,
  subnet_pools: collections.subnet_pool,
  address_groups: markedCollections.address_group,
  security_groups: collections.security_group,
  ports: collections.port,
  trunks: collections.trunk,
};

/** Whose a resource of Neutron is, and whether others may use it. */
export interface Owned {
  readonly id: string;
  readonly project_id?: string | null;
  readonly shared?: boolean;
  readonly 'router:external'?: boolean;
}

/**
 * Which of the things of one name a project means by it: its own, or else shared ones. An admin
 * sees what all projects have, and another's group of that name MUST get no rule of ours.
 */
export function meantBy<T extends Owned>(project: string, all: readonly T[]): readonly T[] {
  const own = all.filter((thing) => thing.project_id === project);
  return own.length > 0 ? own : all.filter((thing) => thing.shared || thing['router:external']);
}

/** What the plan maps a resource to; null where it is created. Throws E_UNMAPPED. */
export async function adoptedAsMapped(
  site: Site,
  kind: keyof typeof collectionOf,
  resource: Pick<Resource, 'kind' | 'id'>,
  { mappings, signal }: Pick<BuildContext, 'mappings' | 'signal'>,
): Promise<Built | null> {
  const to = mappedTo(mappings, kind, resource.id);
  if (to === null) return null;
  const { id } = await existing(site, kind, to, refOf(resource.kind, resource.id), signal);
  return { id, how: 'adopted' };
}

/** The resource that the plan maps something to, by id or by its only name. Throws E_UNMAPPED. */
export async function existing(
  site: Site,
  kind: keyof typeof collectionOf,
  to: string,
  about: Ref,
  signal: AbortSignal,
): Promise<Owned> {
  const { path, many, one } = collectionOf[kind];
  const byId = await site.get<Owned>('network', `${path}/${encodeURIComponent(to)}`, one, signal);
  if (byId !== null) return byId;
  const project = await site.projectId(signal);
  const all = await site.network<Owned>(path, many, { name: to }, signal);
  const [named, ...others] = meantBy(project, all);
  if (named !== undefined && others.length === 0) return named;
  const says = named === undefined ? 'which does not exist' : 'a name that several have';
  throw new Problem('E_UNMAPPED', `The ${one.replace('_', ' ')} is mapped to ${to}, ${says}.`, { about });
}
