import type { ApiFloatingIp, ApiPortForwarding } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { listOptional } from './optional.ts';

/** A port forwarding, and the floating IP that it is part of. */
export interface Forwarding {
  readonly floatingIp: ApiFloatingIp;
  readonly answer: ApiPortForwarding;
}

/**
 * Reads what floating IPs forward: only those without a port may. Where the cloud shows it in the
 * floating IP (extension `expose-port-forwarding-in-fip`), without descriptions and ranges, only
 * those with any are asked. Null where the cloud does not tell it.
 */
export async function readForwardings(
  session: CloudSession,
  floatingIps: readonly ApiFloatingIp[],
  signal: AbortSignal,
): Promise<readonly Forwarding[] | null> {
  const found: Forwarding[] = [];
  for (const floatingIp of floatingIps) {
    const { id, port_id, port_forwardings: shown } = floatingIp;
    if (port_id !== null || (Array.isArray(shown) && shown.length === 0)) continue;
    const path = `/floatingips/${id}/port_forwardings`;
    const all = await listOptional<ApiPortForwarding>(session, path, 'port_forwardings', {}, signal);
    if (all === null) return null;
    found.push(...all.map((answer) => ({ floatingIp, answer })));
  }
  return found;
}
