import { type Configurations, resourcesOf } from './configurations.ts';
import { factsOf } from './kinds.ts';
import { withSubports } from './plugged.ts';
import type { Resource } from './resource.ts';

/**
 * What is built before any server is touched: the network side, with the ports, trunks,
 * floating IPs and port forwardings that no server has. The rest waits for its server.
 */
export function networkSideOf(document: Configurations): Resource[] {
  const own = document.servers.flatMap((server) => server.ports);
  const plugged = new Set(withSubports(own, document));
  const isFree = (port: string | null): boolean => port === null || !plugged.has(port);
  const isSkipped = (floating: string): boolean => document.mappings.floating_ips[floating]?.to === 'skip';
  return resourcesOf(document).filter((resource) => {
    if (resource.kind === 'port') return isFree(resource.id);
    if (resource.kind === 'trunk') return isFree(resource.port_id);
    if (resource.kind === 'floating_ip') return isFree(resource.port_id) && !isSkipped(resource.id);
    if (resource.kind === 'port_forwarding') return isFree(resource.internal_port_id) && !isSkipped(resource.floating_ip_id);
    return factsOf[resource.kind].networkSide;
  });
}
