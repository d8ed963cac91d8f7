import type { Configurations } from '../model/configurations.ts';
import { serverOfFloating } from '../model/floating-server.ts';
import type { Mappings } from '../model/mappings.ts';
import { type Ref, refOf } from '../model/resource.ts';

/** What moves with a server: disks, ports in interface order, floating IPs that are not skipped. */
export function belongingsOf(
  server: Configurations['servers'][number],
  document: Configurations,
  mappings: Mappings,
): { disks: Configurations['disks']; ports: Ref[]; floatingIps: Ref[] } {
  const floating = document.floating_ips.filter(
    ({ id }) => serverOfFloating(id, document) === server.id && mappings.floating_ips[id]?.to !== 'skip',
  );
  return {
    disks: document.disks.filter(({ server_id }) => server_id === server.id),
    ports: server.ports.map((port) => refOf('port', port)),
    floatingIps: floating.map(({ id }) => refOf('floating_ip', id)),
  };
}
