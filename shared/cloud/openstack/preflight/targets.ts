import type { Mappings } from '../../../model/mappings.ts';
import type { ApiAddressGroup, ApiAddressScope, ApiQosPolicy, ApiSubnetPool, ApiTrunk } from '../api.ts';
import { collectionOf } from '../builders/existing.ts';
import type { Site } from '../builders/site.ts';

/** What a plan may map to, of kinds whose rules need nothing else of the destination. */
export interface FurtherTarget {
  readonly qos_policies: ApiQosPolicy;
  readonly address_scopes: ApiAddressScope;
  readonly subnet_pools: ApiSubnetPool;
  readonly address_groups: ApiAddressGroup;
  readonly trunks: ApiTrunk;
}

/** One of these kinds, as the mappings name it. */
export type FurtherKind = keyof FurtherTarget;

/** What the destination has of the kinds that the plan maps. */
export type Targets = { readonly [K in FurtherKind]?: readonly FurtherTarget[K][] };

/** Reads what the destination has of each kind that the plan maps. MUST NOT write. */
export async function readTargets(site: Site, mappings: Mappings, signal: AbortSignal): Promise<Targets> {
  const read = async <K extends FurtherKind>(kind: K): Promise<readonly FurtherTarget[K][]> => {
    if (mappings[kind] == null) return [];
    const { path, many } = collectionOf[kind];
    return site.network<FurtherTarget[K]>(path, many, {}, signal);
  };
  return {
    qos_policies: await read('qos_policies'),
    address_scopes: await read('address_scopes'),
    subnet_pools: await read('subnet_pools'),
    address_groups: await read('address_groups'),
    trunks: await read('trunks'),
  };
}
