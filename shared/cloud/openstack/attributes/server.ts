import type { Power } from '../../../model/resource.ts';
import { powerOf } from '../servers/server-state.ts';
import { foreignTags } from '../stamp.ts';
import { derived, type Table } from './attribute.ts';
import { byName } from './canonical.ts';
import { anyValue, name, ownTags } from './standard.ts';

const hosts = 'depends on the hosts of the destination';

/**
 * Compute API, "Show server details", up to microversion 2.100. Resources that a server refers to
 * are described first.
 */
// biome-ignore format: a table is read by column
export const server: Table = [
  name,
  { api: 'flavor',                              field: 'flavor_id',         fate: 'mapped', refers: 'flavor',
    keys: ['original_name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'extra_specs', 'id', 'links'] },
  { api: 'key_name',                            field: 'key_name',          fate: 'carried', sent: 'unless default', default: null,
    refers: 'keypair',
    accepts: anyValue },
  { api: 'server_groups',                       field: 'server_group_id',   fate: 'carried', sent: 'with the stamp', default: null,
    refers: 'server_group', read: onlyOne, canonical: onlyOne, accepts: anyValue },
  { api: null,                                  field: 'ports',             fate: 'mapped', default: [],
    refers: 'port', why: 'Neutron lists the ports of a server, Nova their order' },
  { api: null,                                  field: 'port_tags',         fate: 'carried', default: {},
    why: 'Nova tells the tags of interfaces beside the server' },
  { api: null,                                  field: 'disks',             fate: 'mapped', default: [],
    refers: 'disk', why: 'the disk that a server made from an image boots from, and those of its volumes' },
  { api: 'image',                               field: 'image_id',          fate: 'mapped', default: null,
    why: 'the new server is made from its own disk' },
  { api: 'description',                         field: 'description',       fate: 'carried', sent: 'unless default', default: '',
    accepts: anyValue },
  { api: 'status',                              field: 'power',             fate: 'mapped', read: powerOfStatus },
  { api: null,                                  field: 'vcpus',             fate: 'mapped', default: null, why: 'its flavor’s' },
  { api: null,                                  field: 'memory_mib',        fate: 'mapped', default: null, why: 'its flavor’s' },
  { api: 'metadata',                            field: 'metadata',          fate: 'carried', sent: 'always', default: {}, canonical: byName,
    accepts: anyValue },
  { api: 'tags',                                field: 'tags',              fate: 'carried', sent: 'with the stamp', default: [],
    read: foreignTags, canonical: ownTags, accepts: anyValue },
  { api: 'OS-EXT-SRV-ATTR:user_data',           field: 'user_data',         fate: 'carried', sent: 'unless default', default: null,
    sentAs: 'user_data', secret: true },
  { api: 'config_drive',                        field: 'config_drive',      fate: 'carried', sent: 'always', default: false,
    read: yes, canonical: yes, accepts: hasMore },
  { api: 'OS-EXT-SRV-ATTR:hostname',            field: 'hostname',          fate: 'carried', sent: 'if known', default: '',
    needs: '2.90', sentAs: 'hostname',
    values: [{ needs: '2.90', fits: isLabel }, { needs: '2.94', fits: isFullName }], accepts: anyValue },
  { api: 'OS-DCF:diskConfig',                   field: 'disk_config',       fate: 'carried', sent: 'unless default', default: 'MANUAL',
    accepts: anyValue },
  { api: 'OS-EXT-AZ:availability_zone',         field: 'availability_zone', fate: 'mapped', default: '' },
  { api: 'locked',                              field: 'locked',            fate: 'mapped', default: false, why: 'a locked server is not moved while it runs; the new one is not locked' },
  { api: 'user_id',                             field: 'user_id',           fate: 'mapped', default: '',
    why: 'it becomes a server of the destination’s credentials' },
  { api: 'os-extended-volumes:volumes_attached', field: 'volumes',          fate: 'mapped', default: [],
    why: 'volumes are moved before their server; device, tag and flag are those of its attachments', read: attachedOf },
  { api: 'scheduler_hints',                     fate: 'told', why: hosts },
  { api: 'pinned_availability_zone',            fate: 'told', why: 'the zone that was asked for is the plan’s to map (`mappings.servers`)' },
  { api: 'trusted_image_certificates',          fate: 'told', why: 'a moved disk is signed by nobody' },
  { api: 'accessIPv4',                          fate: 'told', why: 'it names an address of the source' },
  { api: 'accessIPv6',                          fate: 'told', why: 'it names an address of the source' },
  { api: 'OS-EXT-SRV-ATTR:kernel_id',           fate: 'told', why: 'kernels beside a disk are not moved' },
  { api: 'OS-EXT-SRV-ATTR:ramdisk_id',          fate: 'told', why: 'RAM disks beside a disk are not moved' },
  ...derived('a locked server is not moved', 'locked_reason'),
  ...derived('from its ports', 'addresses', 'security_groups'),
  ...derived('the state of the server',
    'OS-EXT-STS:task_state', 'OS-EXT-STS:vm_state', 'OS-EXT-STS:power_state', 'progress', 'fault',
    'OS-SRV-USG:launched_at', 'OS-SRV-USG:terminated_at'),
  ...derived('its host',
    'hostId', 'host_status', 'OS-EXT-SRV-ATTR:host', 'OS-EXT-SRV-ATTR:hypervisor_hostname',
    'OS-EXT-SRV-ATTR:instance_name', 'OS-EXT-SRV-ATTR:root_device_name'),
  ...derived('the request that made it', 'OS-EXT-SRV-ATTR:reservation_id', 'OS-EXT-SRV-ATTR:launch_index'),
  ...derived('Nova’s record of it', 'id', 'tenant_id', 'created', 'updated', 'links'),
];

/** Nova returns 'True' or ''. */
function yes(value: string | boolean): boolean {
  return /^(true|1)$/i.test(String(value));
}

/**
 * From 2.71 on Nova lists the one group of a server (nova/api/openstack/compute/servers.py,
 * `show`).
 */
function onlyOne(groups: string | readonly string[] | null): string | null {
  return typeof groups === 'object' ? (groups?.[0] ?? null) : groups;
}

/**
 * An additional config drive harms no guest; clouds and images may force one
 * (nova/virt/configdrive.py, `required_by`).
 */
function hasMore(wanted: boolean, is: boolean): boolean {
  return is || !wanted;
}

/** A host name without dots; nova/api/validation/parameter_types.py, `hostname`. */
function isLabel(name: string): boolean {
  return name.length <= 63 && /^[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]$/.test(name);
}

/** A host name with its domain, which Nova accepts from 2.94 on; the same file, `fqdn`. */
function isFullName(name: string): boolean {
  return name.length <= 255 && /^[a-zA-Z0-9][a-zA-Z0-9-.]*[a-zA-Z0-9]$/.test(name);
}

function powerOfStatus(status: string): Power {
  return powerOf({ status });
}

/** As far as the server itself tells it. */
function attachedOf(volumes: readonly { readonly id: string; readonly delete_on_termination?: boolean }[]): object[] {
  return volumes.map(({ id, delete_on_termination = false }) => ({ volume_id: id, delete_on_termination }));
}
