import type { BuiltServer } from '../../shared/cloud/destination-cloud.ts';
import { kindOf, type Ref, type ResourceOf, refOf } from '../../shared/model/resource.ts';
import type { Builder } from './builder.ts';

/** What was built for what moves: a server, a lone volume or an image. Throws E_NOT_FOUND. */
export function builtServerOf(unit: Ref, builder: Pick<Builder, 'resource' | 'built'>): BuiltServer {
  if (kindOf(unit) === 'volume') return { id: null, volumes: [builder.built(unit)] };
  if (kindOf(unit) === 'image') return { id: null, volumes: [], image: builder.built(unit) };
  const { volumes } = builder.resource(unit) as ResourceOf<'server'>;
  return { id: builder.built(unit), volumes: volumes.map(({ volume_id }) => builder.built(refOf('volume', volume_id))) };
}
