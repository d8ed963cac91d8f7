import { describe, expect, test } from 'vitest';
import { importOldConfigurations } from '../../../../sender/plan/import.ts';

/** A document as the older sender's two generations wrote it: they spell two keys differently. */
function anOldDocument(subnets: 'subnets' | 'Subnet', addresses: 'FloatingIPs' | 'FloatingIP'): object {
  const external_fixed_ips = [{ ip_address: '203.0.113.5', subnet_name: 'ext-sub' }];
  return {
    Networks: [
      {
        name: 'ext',
        external: true,
        network_type: 'vxlan',
        shared: true,
        [subnets]: [{ name: 'ext-sub', cidr: '203.0.113.0/24', ip_version: 4 }],
      },
      {
        name: 'inner',
        external: false,
        network_type: 'vxlan',
        shared: false,
        [subnets]: [{ name: 'sub', cidr: '10.0.0.0/24', ip_version: 4 }],
      },
    ],
    Routers: [
      { name: 'r1', admin_state_up: true, external_gateway_info: { network: 'ext', enable_snat: true, external_fixed_ips } },
      { name: 'r2', admin_state_up: false, external_gateway_info: null },
    ],
    [addresses]: ['203.0.113.7', '203.0.113.8'],
    VMs: [{ name: 'WebServer-1', flavor: 'm1.small', network: 'inner', floatingIP: '203.0.113.7' }],
  };
}

describe('a document of the older sender', () => {
  test.each([
    ['the newer generation', 'subnets', 'FloatingIPs'],
    ['the older generation', 'Subnet', 'FloatingIP'],
  ] as const)('of %s is imported', (_name, subnets, addresses) => {
    const document = importOldConfigurations(anOldDocument(subnets, addresses));
    expect(document).toMatchObject({
      format: 'godwit/configurations',
      networks: [
        { name: 'ext', external: true, shared: true },
        { name: 'inner', external: false },
      ],
      subnets: [
        { cidr: '203.0.113.0/24' },
        { name: 'sub', cidr: '10.0.0.0/24', gateway_ip: '10.0.0.1', network_id: document.networks[1]?.id },
      ],
      routers: [{ name: 'r1' }, { name: 'r2', admin_state_up: false }],
      gateways: [{ router_id: document.routers[0]?.id, network_id: document.networks[0]?.id, enable_snat: true }],
      servers: [{ name: 'WebServer-1' }],
    });
    const external = [{ subnet_id: document.subnets[0]?.id, ip_address: '203.0.113.5' }];
    expect(document.gateways[0]?.external_fixed_ips).toEqual(external);
    expect(document.floating_ips.map((ip) => ip.floating_ip_address)).toEqual(['203.0.113.7', '203.0.113.8']);
  });

  test.each([
    ['10.0.0.0/24', undefined, '10.0.0.1'],
    ['2001:db8::/64', undefined, '2001:db8::1'],
    ['10.0.0.0/24', '10.0.0.254', '10.0.0.254'],
    ['10.0.0.0/24', null, null],
  ])('has for a subnet %s with gateway %s the gateway %s', (cidr, gateway_ip, wanted) => {
    const subnet = { name: 'sub', cidr, ip_version: cidr.includes(':') ? 6 : 4, gateway_ip };
    const document = importOldConfigurations({ Networks: [{ name: 'inner', subnets: [subnet] }], VMs: [] });
    expect(document.subnets[0]?.gateway_ip).toBe(wanted);
  });

  test('that names a network it does not list is refused', () => {
    const document = { ...anOldDocument('subnets', 'FloatingIPs'), Networks: [] };
    expect(() => importOldConfigurations(document)).toThrow(expect.objectContaining({ code: 'E_DANGLING' }));
  });

  test('that is no such document is refused with every complaint', () => {
    const refused = expect.objectContaining({
      code: 'E_DOCUMENT',
      message: expect.stringMatching(/VMs.*\n?.*Networks|Networks.*\n?.*VMs/s),
    });
    expect(() => importOldConfigurations({ Networks: 'none' })).toThrow(refused);
  });
});
