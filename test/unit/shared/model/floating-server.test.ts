import { expect, test } from 'vitest';
import { belongingsOf } from '../../../../shared/journey/belongings.ts';
import type { Configurations } from '../../../../shared/model/configurations.ts';
import { leadsAtOnce, serverOfFloating } from '../../../../shared/model/floating-server.ts';
import { networkSideOf } from '../../../../shared/model/network-side.ts';
import { aDocument, aResource } from '../../../support/build.ts';

const at = (ip_address: string) => [{ subnet_id: 'sub', ip_address }];

/**
 * Two servers that may hold 10.0.0.100, as their pairs say, and a virtual IP with a floating one.
 */
function aPair(pairs: readonly [string, string], more: { readonly network_id?: string } = {}): Configurations {
  const guest = (id: string, ip: string, pair: string) =>
    aResource('port', { id, network_id: 'net', device_id: id, fixed_ips: at(ip), allowed_address_pairs: [{ ip_address: pair }] });
  return aDocument({
    ports: [
      guest('p1', '10.0.0.1', pairs[0]),
      guest('p2', '10.0.0.2', pairs[1]),
      aResource('port', { id: 'vip', network_id: 'net', fixed_ips: at('10.0.0.100'), ...more }),
    ],
    servers: [aResource('server', { id: 's1', ports: ['p1'] }), aResource('server', { id: 's2', ports: ['p2'] })],
    floating_ips: [
      aResource('floating_ip', { id: 'of-vip', port_id: 'vip', floating_ip_address: '172.24.4.9' }),
      aResource('floating_ip', { id: 'of-s1', port_id: 'p1', floating_ip_address: '172.24.4.10' }),
      aResource('floating_ip', { id: 'free', port_id: null, floating_ip_address: '172.24.4.11' }),
    ],
  });
}

const onNetworkSide = (document: Configurations): string[] =>
  networkSideOf(document).flatMap(({ kind, id }) => (kind === 'floating_ip' ? [id] : []));

function movingWith(document: Configurations, server: string): string[] {
  const found = document.servers.find(({ id }) => id === server);
  return found === undefined ? [] : belongingsOf(found, document, document.mappings).floatingIps;
}

test.each([
  ['named by both', ['10.0.0.100', '10.0.0.100'] as const],
  ['in the range of both', ['10.0.0.0/24', '10.0.0.0/24'] as const],
])('the floating IP of a virtual IP waits for the last server that may hold it: %s', (_how, pairs) => {
  const document = aPair(pairs);
  expect(serverOfFloating('of-vip', document)).toBe('s2');
  expect(onNetworkSide(document)).toEqual(['free']);
  expect(movingWith(document, 's1')).toEqual(['floating_ip/of-s1']);
  expect(movingWith(document, 's2')).toEqual(['floating_ip/of-vip']);
});

test('one that a server in the middle of the plan may hold waits for that one', () => {
  expect(serverOfFloating('of-vip', aPair(['10.0.0.100', '10.0.0.77']))).toBe('s1');
});

test.each([
  ['that no server may hold', aPair(['10.0.0.77', '10.0.0.77'])],
  ['of another network', aPair(['10.0.0.100', '10.0.0.100'], { network_id: 'elsewhere' })],
])('the floating IP of a virtual IP %s is built with the network side', (_what, document) => {
  expect(serverOfFloating('of-vip', document)).toBeUndefined();
  expect(onNetworkSide(document).sort()).toEqual(['free', 'of-vip']);
});

test('the floating IP of a virtual IP that a subport answers for waits for the server of its trunk', () => {
  const document = aPair(['10.0.0.77', '10.0.0.77']);
  const { ports } = aDocument({
    ports: [aResource('port', { id: 'sub', network_id: 'net', allowed_address_pairs: [{ ip_address: '10.0.0.100' }] })],
  });
  const { trunks } = aDocument({
    trunks: [
      aResource('trunk', {
        id: 't',
        port_id: 'p2',
        sub_ports: [{ port_id: 'sub', segmentation_type: 'vlan', segmentation_id: 7 }],
      }),
    ],
  });
  expect(serverOfFloating('of-vip', { ...document, ports: [...document.ports, ...ports], trunks })).toBe('s2');
});

test('a floating IP that forwards to several servers leads to the first before the others move', () => {
  const document = aPair(['10.0.0.77', '10.0.0.77']);
  const to = (id: string, internal_port_id: string, internal_ip_address: string, external_port: number) =>
    aResource('port_forwarding', {
      id,
      floating_ip_id: 'free',
      protocol: 'tcp',
      external_port,
      internal_port_id,
      internal_ip_address,
    });
  const one = to('f1', 'p1', '10.0.0.1', 22);
  const other = to('f2', 'p2', '10.0.0.2', 443);
  const free = { id: 'free', port_id: null };
  expect(leadsAtOnce(free, { ...document, port_forwardings: [one] })).toBe(false);
  expect(leadsAtOnce(free, { ...document, port_forwardings: [one, other] })).toBe(true);
});
