import type { ApiVolumeType } from '../api.ts';
import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

/** Lists the types that the project may use. Block Storage API v3, "List all volume types". */
export async function listTypes(session: CloudSession, signal: AbortSignal): Promise<readonly ApiVolumeType[]> {
  const { body } = await session.call({ method: 'GET', service: 'volume', path: '/types', signal });
  return partOf<readonly ApiVolumeType[]>(body, 'volume_types', 'GET /types');
}

/** The type of a name or id. */
export function typeNamed(types: readonly ApiVolumeType[], wanted: string): ApiVolumeType | undefined {
  return types.find(({ id }) => id === wanted) ?? types.find(({ name }) => name === wanted);
}

/**
 * Names the zones that volumes can lie in. Block Storage API v3, "List availability zone
 * information".
 */
export async function listVolumeZones(session: CloudSession, signal: AbortSignal): Promise<string[]> {
  const path = '/os-availability-zone';
  const { body } = await session.call({ method: 'GET', service: 'volume', path, signal });
  const zones = partOf<readonly ApiVolumeZone[]>(body, 'availabilityZoneInfo', `GET ${path}`);
  return zones.filter(({ zoneState }) => zoneState.available).map(({ zoneName }) => zoneName);
}

interface ApiVolumeZone {
  readonly zoneName: string;
  readonly zoneState: { readonly available: boolean };
}
