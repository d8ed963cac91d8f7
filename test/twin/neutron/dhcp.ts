import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { assignAddresses, newMac } from './addresses.ts';
import type { Port, Subnet } from './model.ts';
import { bump, newStandard } from './standard.ts';
import { removePort } from './unplug.ts';

/** How long the agent takes to notice a change. */
const agentMs = 400;
/** The one host of a twin. */
export const hostName = 'twin-compute';

/**
 * Lets the DHCP agent look after a network, a moment later.
 *
 * It holds one port with an address on every subnet with DHCP, and it takes the lowest free
 * address: one that the operator may have wanted for a server.
 */
export function tendDhcp(cloud: Cloud, networkId: string): void {
  cloud.background.run(async () => {
    await cloud.background.pause(agentMs);
    const network = cloud.state.networks.get(networkId);
    const subnets = [...cloud.state.subnets.values()].filter((subnet) => subnet.networkId === networkId && subnet.enableDhcp);
    const port = [...cloud.state.ports.values()].find(
      (each) => each.networkId === networkId && each.deviceOwner === 'network:dhcp',
    );
    if (port !== undefined && subnets.length === 0) removePort(cloud, port);
    else if (port !== undefined) adjust(cloud, port, subnets);
    else if (network !== undefined && subnets.length > 0) plug(cloud, networkId, network.project, subnets);
  });
}

function wanted(subnets: readonly Subnet[]): { subnet_id: string }[] {
  return subnets.map((subnet) => ({ subnet_id: subnet.id }));
}

function plug(cloud: Cloud, networkId: string, project: string, subnets: readonly Subnet[]): void {
  const macAddress = newMac(cloud);
  const deviceOwner = 'network:dhcp';
  const port: Port = {
    ...newStandard(project),
    networkId,
    name: '',
    macAddress,
    adminStateUp: true,
    status: 'ACTIVE',
    deviceId: `dhcp${newUuid()}-${networkId}`,
    deviceOwner,
    fixedIps: assignAddresses(cloud, { networkId, macAddress, deviceOwner }, wanted(subnets)),
    securityGroups: [],
    portSecurity: false,
    addressPairs: [],
    dhcpOptions: [],
    vnicType: 'normal',
    dnsName: '',
    hostId: hostName,
    profile: {},
  };
  cloud.state.ports.set(port.id, port);
  cloud.changed();
}

function adjust(cloud: Cloud, port: Port, subnets: readonly Subnet[]): void {
  const kept = port.fixedIps.filter((fixed) => subnets.some((subnet) => subnet.id === fixed.subnet_id));
  const fresh = subnets.filter((subnet) => !kept.some((fixed) => fixed.subnet_id === subnet.id));
  if (fresh.length === 0 && kept.length === port.fixedIps.length) return;
  port.fixedIps = [...kept, ...assignAddresses(cloud, port, wanted(fresh), kept)];
  bump(cloud, port);
}
