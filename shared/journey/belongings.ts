import type { Configurations } from '../model/configurations.ts';
import { serverOfFloating, serverOfForwarding } from '../model/floating-server.ts';
import type { Mappings } from '../model/mappings.ts';
import { trunksOn, withSubports } from '../model/plugged.ts';
import { type Ref, refOf } from '../model/resource.ts';

/** What moves with a lone volume or an image: its disk alone. */
export function belongingsAlone(id: string, { disks }: Pick<Configurations, 'disks'>): ReturnType<typeof belongingsOf> {
  return { disks: disks.filter(({ server_id }) => server_id === id), ports: [], floatingIps: [] };
}

/**
 * What moves with a server: disks, ports in interface order, with their subports and trunks,
 * floating IPs that are not skipped, and what such floating IPs forward to its ports.
 */
export function belongingsOf(
  server: Configurations['servers'][number],
  document: Configurations,
  mappings: Mappings,
): { disks: Configurations['disks']; ports: Ref[]; floatingIps: Ref[] } {
  const isKept = (floating: string): boolean => mappings.floating_ips[floating]?.to !== 'skip';
  const floating = document.floating_ips.filter(({ id }) => serverOfFloating(id, document) === server.id && isKept(id));
  const forwarded = document.port_forwardings.filter(
    ({ id, floating_ip_id }) => serverOfForwarding(id, document) === server.id && isKept(floating_ip_id),
  );
  return {
    disks: document.disks.filter(({ server_id }) => server_id === server.id),
    // A trunk is made of ports that no server has yet.
    ports: [
      ...withSubports(server.ports, document).map((port) => refOf('port', port)),
      ...trunksOn(server.ports, document).map(({ id }) => refOf('trunk', id)),
    ],
    floatingIps: [
      ...floating.map(({ id }) => refOf('floating_ip', id)),
      ...forwarded.map(({ id }) => refOf('port_forwarding', id)),
    ],
  };
}
