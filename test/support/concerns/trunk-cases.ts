import type { ApiPort, ApiTrunk } from '../../../shared/cloud/openstack/api.ts';
import { aResource } from '../../conformance/tenant.ts';
import type { Cases, Situation } from './case.ts';
import { adopting, type Ground, type Look, type Otherwise, portThere } from './look.ts';

/** The tenant with a trunk on its first port, and a second network of this MTU for its VLAN 44. */
function withTrunk({ tenant }: Ground, mtu: number) {
  const { id: parent } = tenant.get('port');
  const voice = aResource('network', { id: 'voice', name: 'voice', mtu });
  const subport = aResource('port', { id: 'sub', network_id: 'voice', mac_address: 'fa:16:3e:77:00:44', fixed_ips: [] });
  const sub_ports = [{ port_id: 'sub', segmentation_type: 'vlan', segmentation_id: 44 }];
  const trunk = aResource('trunk', { id: 'uplink', name: 'uplink', port_id: parent, sub_ports });
  return { resources: [...tenant.resources, voice, subport, trunk], parent };
}

/** The trunk and its ports are mapped to these of the destination. */
function mapped(ground: Ground, port_id: string, segmentation_id: number): Otherwise {
  const { resources, parent } = withTrunk(ground, 1400);
  const sub_ports = [{ port_id: 'at 10.199.7.31', segmentation_type: 'vlan', segmentation_id }];
  const trunk = { id: 't', name: 't', project_id: ground.destination.projectId, admin_state_up: true, port_id, sub_ports };
  const ports = [portThere('10.199.7.30'), portThere('10.199.7.31')];
  const adopted = adopting(ground, {}, { ports, targets: { trunks: [trunk as ApiTrunk] } });
  const networks = { ...adopted.mappings?.networks, voice: { to: 'there' } };
  const to = { [parent]: { to: 'at 10.199.7.30' }, sub: { to: 'at 10.199.7.31' } };
  return { ...adopted, resources, mappings: { networks, ports: to, trunks: { uplink: { to: 't' } } } };
}

/** The cases of trunks at the destination. */
export function trunkCases(look: Look): Cases {
  const onTrunk = (what: string, port: string, vlan: number): Situation => look(what, (ground) => mapped(ground, port, vlan));
  const ofMtu = (what: string, mtu: number): Situation =>
    look(what, (ground) => ({ resources: withTrunk(ground, mtu).resources }));
  const onPort = (what: string, port: Partial<ApiPort>): Situation =>
    look(what, (ground) => {
      const { resources, parent } = withTrunk(ground, 1400);
      const adopted = adopting(ground, {}, { ports: [{ ...portThere('10.199.7.30'), ...port }] });
      return { ...adopted, resources, mappings: { ...adopted.mappings, ports: { [parent]: { to: 'at 10.199.7.30' } } } };
    });
  return {
    'trunk.port_taken': {
      fires: onPort('a mapped port that has a trunk', { trunk_details: { trunk_id: 't' } }),
      silent: onPort('one that has none', { trunk_details: null }),
    },
    'trunk.other_port': {
      fires: onTrunk('a mapped trunk on another port', 'at 10.199.7.99', 44),
      silent: onTrunk('one on the mapped port, with the same VLAN', 'at 10.199.7.30', 44),
    },
    'trunk.mtu': {
      fires: ofMtu('a subport in a network of a larger MTU', 1450),
      silent: ofMtu('one in a network of the same', 1400),
    },
  };
}
