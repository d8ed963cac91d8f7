import { canonicalIp } from '../../../ip.ts';
import type { Mappings } from '../../../model/mappings.ts';
import type { Resource, ResourceOf } from '../../../model/resource.ts';
import type { ApiFloatingIp, ApiPortForwarding } from '../api.ts';
import { forwardingsOf } from '../builders/port-forwarding.ts';
import type { Site } from '../builders/site.ts';

/** The floating IPs of a destination, and whose project it is. */
interface FloatingThere {
  readonly projectId: string;
  readonly floatingIps: readonly ApiFloatingIp[];
}

/** The floating IP of the project that takes the place of one; undefined where one is made. */
export function adoptedFloating(
  { projectId, floatingIps }: FloatingThere,
  mappings: Mappings,
  floating: Pick<ResourceOf<'floating_ip'>, 'id' | 'floating_ip_address'>,
): ApiFloatingIp | undefined {
  const to = mappings.floating_ips[floating.id]?.to ?? 'auto';
  if (to === 'auto' || to === 'skip') return undefined;
  const address = canonicalIp(to === 'same' ? floating.floating_ip_address : to);
  return floatingIps.find((one) => canonicalIp(one.floating_ip_address) === address && one.project_id === projectId);
}

/**
 * Reads what the adopted floating IPs forward in which a plan makes port forwardings, by floating
 * IP.
 */
export async function readAdoptedForwardings(
  site: Site,
  there: FloatingThere,
  resources: readonly Resource[],
  mappings: Mappings,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ApiPortForwarding[]>> {
  const wanted = new Set(resources.flatMap((one) => (one.kind === 'port_forwarding' ? [one.floating_ip_id] : [])));
  const adopted = resources.flatMap((one) =>
    one.kind === 'floating_ip' && wanted.has(one.id) ? (adoptedFloating(there, mappings, one) ?? []) : [],
  );
  const found = new Map<string, readonly ApiPortForwarding[]>();
  // Without the extension nothing is forwarded there; a rule of its own tells that.
  if (adopted.length === 0 || !(await site.offers('floating-ip-port-forwarding', signal))) return found;
  for (const { id } of adopted) found.set(id, await forwardingsOf(site, id, signal));
  return found;
}
