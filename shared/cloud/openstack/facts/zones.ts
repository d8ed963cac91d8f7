import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

/** An availability zone of Nova; only admins see its compute hosts, for others they are null. */
export interface Zone {
  readonly name: string;
  readonly available: boolean;
  readonly hosts: readonly string[] | null;
}

interface ApiZone {
  readonly zoneName: string;
  readonly zoneState: { readonly available: boolean };
  readonly hosts?: Readonly<Record<string, object>> | null;
}

/**
 * Lists the zones that servers can be built in, with their hosts for an admin. Compute API, "Get
 * Availability Zone Information" and "Get Detailed …".
 */
export async function listZones(session: CloudSession, admin: boolean, signal: AbortSignal): Promise<Zone[]> {
  const path = `/os-availability-zone${admin ? '/detail' : ''}`;
  const { body } = await session.call({ method: 'GET', service: 'compute', path, signal });
  const availabilityZoneInfo = partOf<readonly ApiZone[]>(body, 'availabilityZoneInfo', `GET ${path}`);
  return availabilityZoneInfo.map(({ zoneName, zoneState, hosts }) => ({
    name: zoneName,
    available: zoneState.available,
    hosts: hosts == null ? null : Object.keys(hosts).filter((host) => 'nova-compute' in (hosts[host] ?? {})),
  }));
}
