import { type Resource, refOf } from '../../shared/model/resource.ts';
import { aResource, type Tenant } from './tenant.ts';

/** The project with which the sample tenant shares its network, and what takes its place. */
export const sharing = { theirs: { to: 'd0d0d0d0d0d04d0d8d0dd0d0d0d0d0d0' } };

/**
 * What a tenant may have beside its servers, in the order in which it is built: a trunk of two free
 * ports, a floating IP that forwards to one of them, and a network that is shared.
 */
export function furtherOf(tenant: Tenant): readonly Resource[] {
  const network = tenant.get('network', 1);
  const subnet = tenant.get('subnet');
  const outside = tenant.get('network');
  const aPort = (name: string, address: string, mac_address: string) =>
    aResource('port', {
      id: crypto.randomUUID(),
      name,
      needs: [refOf('network', network.id), refOf('subnet', subnet.id)],
      network_id: network.id,
      fixed_ips: [{ subnet_id: subnet.id, ip_address: address }],
      mac_address,
    });
  const parent = aPort('parent', '10.199.7.70', 'fa:16:3e:77:00:70');
  const inner = aPort('inner lan', '10.199.7.71', 'fa:16:3e:77:00:71');
  const trunk = aResource('trunk', {
    id: crypto.randomUUID(),
    name: 'uplink',
    needs: [refOf('port', parent.id), refOf('port', inner.id)],
    description: 'two lans',
    port_id: parent.id,
    sub_ports: [{ port_id: inner.id, segmentation_type: 'vlan', segmentation_id: 44 }],
  });
  const floating = aResource('floating_ip', {
    id: crypto.randomUUID(),
    name: '203.0.113.10',
    needs: [refOf('network', outside.id)],
    floating_network_id: outside.id,
    floating_ip_address: '203.0.113.10',
  });
  const forwarding = aResource('port_forwarding', {
    id: crypto.randomUUID(),
    name: '203.0.113.10:8080/tcp',
    needs: [refOf('floating_ip', floating.id), refOf('port', parent.id)],
    floating_ip_id: floating.id,
    protocol: 'tcp',
    external_port: 8080,
    internal_port_id: parent.id,
    internal_ip_address: '10.199.7.70',
    internal_port: 80,
  });
  const policy = aResource('rbac_policy', {
    id: crypto.randomUUID(),
    name: 'network inner, access_as_shared of project theirs',
    needs: [refOf('network', network.id)],
    action: 'access_as_shared',
    object_type: 'network',
    object_id: network.id,
    target_project: 'theirs',
  });
  return [parent, inner, trunk, floating, forwarding, policy];
}
