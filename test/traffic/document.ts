import type { Configurations } from '../../shared/model/configurations.ts';
import { aDocument, aResource, aServer } from '../support/build.ts';
import type { Guest } from './guests.ts';

/** The guests as servers of a tenant. */
export function documentOf(guests: readonly Guest[]): Configurations {
  return aDocument({
    networks: [aResource('network', { id: 'net' })],
    subnets: [aResource('subnet', { id: 'sub', network_id: 'net', cidr: '10.77.0.0/24' })],
    ports: guests.map(({ id, address }) =>
      aResource('port', {
        id: `port-${id}`,
        device_id: id,
        network_id: 'net',
        fixed_ips: [{ subnet_id: 'sub', ip_address: address }],
      }),
    ),
    servers: guests.map(({ id }) => aServer({ id, name: id, ports: [`port-${id}`] })),
  });
}
