import type { Configurations } from '../model/configurations.ts';
import type { Mappings } from '../model/mappings.ts';
import { trunksOn, withSubports } from '../model/plugged.ts';
import { type Ref, refOf } from '../model/resource.ts';

/**
 * What moves with a server: disks, ports in interface order, with their subports and trunks,
 * floating IPs that are not skipped, and what such floating IPs forward to its ports.
 */
export function belongingsOf(
  server: Configurations['servers'][number],
  document: Configurations,
  mappings: Mappings,
): { disks: Configurations['disks']; ports: Ref[]; floatingIps: Ref[] } {
  const { disks, floating_ips, port_forwardings } = document;
  const all = withSubports(server.ports, document);
  const ports = new Set(all);
  const isSkipped = (floating: string): boolean => mappings.floating_ips[floating]?.to === 'skip';
  const floating = floating_ips.filter(({ id, port_id }) => port_id !== null && ports.has(port_id) && !isSkipped(id));
  const forwarded = port_forwardings.filter((one) => ports.has(one.internal_port_id) && !isSkipped(one.floating_ip_id));
  return {
    disks: disks.filter(({ server_id }) => server_id === server.id),
    // A trunk is made of ports that no server has yet.
    ports: [...all.map((port) => refOf('port', port)), ...trunksOn(server.ports, document).map(({ id }) => refOf('trunk', id))],
    floatingIps: [
      ...floating.map(({ id }) => refOf('floating_ip', id)),
      ...forwarded.map(({ id }) => refOf('port_forwarding', id)),
    ],
  };
}
