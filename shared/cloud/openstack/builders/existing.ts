import type { MappedKind } from '../../../model/mappings.ts';
import type { Ref } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { Site } from './site.ts';
import { type Collection, collections } from './stamped.ts';

const collectionOf: Readonly<Record<MappedKind, Collection>> = {
  networks: collections.network,
  routers: collections.router,
  security_groups: collections.security_group,
  ports: collections.port,
};

/** The resource that the plan maps something to, by id or by its only name. Throws E_UNMAPPED. */
export async function existing<T extends { readonly id: string }>(
  site: Site,
  kind: MappedKind,
  to: string,
  about: Ref,
  signal: AbortSignal,
): Promise<T> {
  const { path, many, one } = collectionOf[kind];
  const byId = await site.get<T>('network', `${path}/${encodeURIComponent(to)}`, one, signal);
  if (byId !== null) return byId;
  const [named, ...others] = await site.network<T>(path, many, { name: to }, signal);
  if (named !== undefined && others.length === 0) return named;
  const says = named === undefined ? 'which does not exist' : 'a name that several have';
  throw new Problem('E_UNMAPPED', `The ${one.replace('_', ' ')} is mapped to ${to}, ${says}.`, { about });
}
