import type { Configurations } from './configurations.ts';

type Plugged = Pick<Configurations, 'ports' | 'trunks'>;

/** The trunks whose parent is one of some ports. */
export function trunksOn(ports: Iterable<string>, { trunks }: Pick<Plugged, 'trunks'>): Configurations['trunks'] {
  const parents = new Set(ports);
  return trunks.filter(({ port_id }) => parents.has(port_id));
}

/** Some ports, and the ports that are VLANs on them. */
export function withSubports(ports: readonly string[], document: Pick<Plugged, 'trunks'>): string[] {
  return [...ports, ...trunksOn(ports, document).flatMap(({ sub_ports }) => sub_ports.map(({ port_id }) => port_id))];
}
