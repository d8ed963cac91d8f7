import { createHash } from 'node:crypto';
import type { Cloud } from '../cloud.ts';
import { hostName } from '../neutron/dhcp.ts';
import type { Call } from '../route.ts';
import { isHostDown } from './instance.ts';
import type { Server } from './model.ts';

/** The status of each stable state (nova/api/openstack/common.py). */
const statuses = {
  building: 'BUILD',
  active: 'ACTIVE',
  stopped: 'SHUTOFF',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  shelved: 'SHELVED',
  shelved_offloaded: 'SHELVED_OFFLOADED',
  rescued: 'RESCUE',
  resized: 'VERIFY_RESIZE',
  error: 'ERROR',
} as const;

/** The status of a server by what is being done to it, whatever its stable state is. */
const statusesOfTasks: Readonly<Record<string, string>> = { rebuilding: 'REBUILD', resize_prep: 'RESIZE' };

/** The status a client sees: the stable state, or what is under way. */
export function statusOf(server: Server): string {
  const atWork = statusesOfTasks[server.taskState ?? ''];
  if (atWork !== undefined) return atWork;
  if (server.vmState === 'active' && server.taskState?.startsWith('reboot') === true)
    return server.taskState === 'rebooting' ? 'REBOOT' : 'HARD_REBOOT';
  return statuses[server.vmState];
}

/** The links that every thing of Nova carries. */
export function linksOf(cloud: Cloud, path: string): { rel: string; href: string }[] {
  const base = cloud.url('compute');
  return [
    { rel: 'self', href: `${base}/v2.1/${path}` },
    { rel: 'bookmark', href: `${base}/${path}` },
  ];
}

function addressesOf(cloud: Cloud, server: Server): Record<string, unknown[]> {
  const addresses: Record<string, unknown[]> = {};
  for (const id of server.portIds) {
    const port = cloud.state.ports.get(id);
    const label = port && cloud.state.networks.get(port.networkId)?.name;
    if (port === undefined || label === undefined) continue;
    const list = addresses[label] ?? [];
    addresses[label] = list;
    const entry = (addr: string, kind: string) => ({
      version: addr.includes(':') ? 6 : 4,
      addr,
      'OS-EXT-IPS:type': kind,
      'OS-EXT-IPS-MAC:mac_addr': port.macAddress,
    });
    for (const fixed of port.fixedIps) {
      list.push(entry(fixed.ip_address, 'fixed'));
      for (const floating of cloud.state.floatingIps.values()) {
        if (floating.portId === id && floating.fixedIp === fixed.ip_address) list.push(entry(floating.address, 'floating'));
      }
    }
  }
  return addresses;
}

function flavorOf(call: Call, server: Server): Record<string, unknown> {
  const { flavor } = server;
  if (call.minor < 47) return { id: flavor.id, links: linksOf(call.cloud, `flavors/${flavor.id}`).slice(1) };
  return {
    vcpus: flavor.vcpus,
    ram: flavor.ramMiB,
    disk: flavor.diskGiB,
    ephemeral: flavor.ephemeralGiB,
    swap: flavor.swapMiB,
    original_name: flavor.name,
    extra_specs: flavor.extraSpecs,
  };
}

/** Names of the groups on a server's ports, once per port, as Nova lists them. */
function groupsOf(cloud: Cloud, server: Server): { name: string }[] {
  const ports = server.portIds.map((id) => cloud.state.ports.get(id));
  return ports.flatMap((port) => port?.securityGroups ?? []).map((id) => ({ name: cloud.state.groups.get(id)?.name ?? id }));
}

/** UNKNOWN: nova-compute was not heard of for a while (Compute API reference, `host_status`). */
function hostStatusOf(cloud: Cloud, server: Server): string {
  if (server.host === null) return '';
  return isHostDown(cloud, server) ? 'UNKNOWN' : 'UP';
}

/** What the microversion of a request adds to a server (Compute API history, 2.1 to 2.93). */
function laterFields(call: Call, server: Server): Record<string, unknown> {
  const { minor, caller, cloud } = call;
  const fields: Record<string, unknown> = {};
  if (minor >= 9) fields['locked'] = server.locked;
  if (minor >= 19) fields['description'] = server.description;
  if (minor >= 26) fields['tags'] = server.tags;
  if (minor >= 63) fields['trusted_image_certificates'] = null;
  if (minor >= 73) fields['locked_reason'] = server.lockedReason;
  if (minor >= 16 && caller.admin) fields['host_status'] = hostStatusOf(cloud, server);
  if (minor >= 90 || (minor >= 3 && caller.admin)) fields['OS-EXT-SRV-ATTR:hostname'] = server.hostname;
  if (minor >= 3 && caller.admin) {
    fields['OS-EXT-SRV-ATTR:reservation_id'] = server.reservationId;
    fields['OS-EXT-SRV-ATTR:launch_index'] = 0;
    fields['OS-EXT-SRV-ATTR:kernel_id'] = '';
    fields['OS-EXT-SRV-ATTR:ramdisk_id'] = '';
    fields['OS-EXT-SRV-ATTR:root_device_name'] = '/dev/vda';
    fields['OS-EXT-SRV-ATTR:user_data'] = server.userData;
  }
  return fields;
}

/**
 * The number in a server's instance name, which is the same in every cloud that started from
 * nothing.
 */
const instanceName = (server: Server): string => `instance-${server.number.toString(16).padStart(8, '0')}`;

/** The server as Nova shows it (Compute API, "Show server details"). */
export function serverView(call: Call, server: Server): Record<string, unknown> {
  const { cloud, caller } = call;
  const view: Record<string, unknown> = {
    id: server.id,
    name: server.name,
    status: statusOf(server),
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId:
      server.host === null
        ? ''
        : createHash('sha224')
            .update(server.projectId + server.host)
            .digest('hex'),
    // A server that boots from a volume has none (nova/api/openstack/compute/views/servers.py).
    image: server.imageId === '' ? '' : { id: server.imageId, links: linksOf(cloud, `images/${server.imageId}`).slice(1) },
    flavor: flavorOf(call, server),
    created: server.createdAt,
    updated: server.updatedAt,
    addresses: addressesOf(cloud, server),
    accessIPv4: server.accessIPv4,
    accessIPv6: server.accessIPv6,
    links: linksOf(cloud, `servers/${server.id}`),
    'OS-DCF:diskConfig': server.diskConfig,
    'OS-EXT-AZ:availability_zone': server.host === null ? '' : server.zone,
    config_drive: server.configDrive ? 'True' : '',
    key_name: server.keyName,
    'OS-SRV-USG:launched_at': server.launchedAt,
    'OS-SRV-USG:terminated_at': null,
    'OS-EXT-STS:task_state': server.taskState,
    'OS-EXT-STS:vm_state': server.vmState,
    'OS-EXT-STS:power_state': server.powerState,
    'os-extended-volumes:volumes_attached': server.volumes.map(({ volumeId: id, deleteOnTermination }) =>
      call.minor >= 3 ? { id, delete_on_termination: deleteOnTermination } : { id },
    ),
    ...laterFields(call, server),
  };
  const groups = groupsOf(cloud, server);
  if (groups.length > 0) view['security_groups'] = groups;
  if (server.vmState === 'building' || server.vmState === 'active') view['progress'] = 0;
  if (server.vmState === 'error' && server.fault !== null)
    view['fault'] = { ...server.fault, ...(caller.admin ? { details: '' } : {}) };
  if (caller.admin) {
    view['OS-EXT-SRV-ATTR:host'] = server.host;
    view['OS-EXT-SRV-ATTR:hypervisor_hostname'] = server.host === null ? null : hostName;
    view['OS-EXT-SRV-ATTR:instance_name'] = instanceName(server);
  }
  return view;
}

/** The short form of the plain list. */
export const serverBrief = (cloud: Cloud, server: Server) => ({
  id: server.id,
  name: server.name,
  links: linksOf(cloud, `servers/${server.id}`),
});

/** What is known of a server in a cell that is down (Compute API guide, "Handling Down Cells"). */
export const partialView = (cloud: Cloud, server: Server, detail: boolean) => ({
  id: server.id,
  status: 'UNKNOWN',
  links: linksOf(cloud, `servers/${server.id}`),
  ...(detail ? { tenant_id: server.projectId, created: server.createdAt } : {}),
});
