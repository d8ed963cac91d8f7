import type { Configurations } from './configurations.ts';

/** What of a document says which ports are VLANs on others. */
interface Trunked {
  readonly trunks: readonly Configurations['trunks'][number][];
}

/** The trunks whose parent is one of some ports. */
export function trunksOn(ports: Iterable<string>, { trunks }: Trunked): Configurations['trunks'] {
  const parents = new Set(ports);
  return trunks.filter(({ port_id }) => parents.has(port_id));
}

/** Some ports, and the ports that are VLANs on them. */
export function withSubports(ports: readonly string[], document: Trunked): string[] {
  return [...ports, ...trunksOn(ports, document).flatMap(({ sub_ports }) => sub_ports.map(({ port_id }) => port_id))];
}
