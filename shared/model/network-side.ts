import { type Configurations, resourcesOf } from './configurations.ts';
import { serverOfFloating } from './floating-server.ts';
import { factsOf } from './kinds.ts';
import type { Resource } from './resource.ts';

/**
 * What is built before any server is touched: the network side, with the ports and floating IPs
 * that wait for no server. The rest waits for its server.
 */
export function networkSideOf(document: Configurations): Resource[] {
  const plugged = new Set(document.servers.flatMap((server) => server.ports));
  return resourcesOf(document).filter((resource) => {
    if (resource.kind === 'port') return !plugged.has(resource.id);
    if (resource.kind === 'floating_ip')
      return serverOfFloating(resource.id, document) === undefined && document.mappings.floating_ips[resource.id]?.to !== 'skip';
    return factsOf[resource.kind].networkSide;
  });
}
