import { type Configurations, resourcesOf } from './configurations.ts';
import { serverOfFloating, serverOfForwarding } from './floating-server.ts';
import { factsOf } from './kinds.ts';
import { isUnasked } from './mappings.ts';
import { withSubports } from './plugged.ts';
import { sharedWith } from './rbac.ts';
import type { Resource } from './resource.ts';

/**
 * What is built before any server is touched: the network side, with the ports, trunks, floating
 * IPs and port forwardings that wait for no server, and the RBAC policies whose project the plan
 * maps. The rest waits for its server.
 */
export function networkSideOf(document: Configurations): Resource[] {
  const own = document.servers.flatMap((server) => server.ports);
  const plugged = new Set(withSubports(own, document));
  const isSkipped = (floating: string): boolean => document.mappings.floating_ips[floating]?.to === 'skip';
  return resourcesOf(document).filter((resource) => {
    if (resource.kind === 'port') return !plugged.has(resource.id);
    if (resource.kind === 'trunk') return !plugged.has(resource.port_id);
    if (resource.kind === 'floating_ip') return serverOfFloating(resource.id, document) === undefined && !isSkipped(resource.id);
    if (resource.kind === 'port_forwarding')
      return serverOfForwarding(resource.id, document) === undefined && !isSkipped(resource.floating_ip_id);
    if (isUnasked(resource.kind, document.mappings)) return false;
    if (resource.kind === 'rbac_policy') return sharedWith(resource, document.mappings) !== null;
    return factsOf[resource.kind].networkSide;
  });
}
