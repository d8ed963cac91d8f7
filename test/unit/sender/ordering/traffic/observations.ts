import type { FlowObservation } from '../../../../../sender/ordering/traffic/flow-observation.ts';
import type { Configurations } from '../../../../../shared/model/configurations.ts';
import { aDocument, aResource, aServer } from '../../../../support/build.ts';

/** Noon of a Wednesday. */
export const noon = Date.UTC(2026, 10, 18, 12);

/** An observation: one kilobyte asked, four answered, on tcp/80. */
export function anObservation(more: Partial<FlowObservation> = {}): FlowObservation {
  return {
    source: '10.0.0.1',
    destination: '10.0.0.2',
    protocol: 6,
    sourcePort: 40_000,
    destinationPort: 80,
    bytes: 1000,
    packets: 10,
    replyBytes: 4000,
    replyPackets: 8,
    firstMs: noon,
    lastMs: noon + 1000,
    initiator: 'source',
    ...more,
  };
}

/** A tenant whose servers have the addresses 10.0.0.1, 10.0.0.2, … on one network. */
export function aTalkingTenant(ids: readonly string[], network = 'net'): Configurations {
  const ports = ids.map((id, index) =>
    aResource('port', {
      id: `${network}-port-${id}`,
      device_id: id,
      network_id: network,
      fixed_ips: [{ subnet_id: `${network}-sub`, ip_address: `10.0.0.${index + 1}` }],
    }),
  );
  return aDocument({
    networks: [aResource('network', { id: network })],
    subnets: [aResource('subnet', { id: `${network}-sub`, network_id: network, cidr: '10.0.0.0/24' })],
    ports,
    servers: ids.map((id) => aServer({ id, name: `name of ${id}`, ports: [`${network}-port-${id}`] })),
  });
}
