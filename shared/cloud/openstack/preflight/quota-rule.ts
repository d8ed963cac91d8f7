import type { Concern } from '../../../model/concern.ts';
import { mappedVolumeType } from '../../../model/mappings.ts';
import type { Kind, ResourceOf } from '../../../model/resource.ts';
import { quotaOfType } from '../facts/quotas.ts';
import { typeNamed } from '../volumes/places.ts';
import { created } from './decisions.ts';
import { raisedLimit } from './quota-set-rules.ts';
import type { PreflightRule } from './rules.ts';
import { membersOf } from './server-group-rules.ts';
import { flavorFor } from './server-rules.ts';
import type { PreflightView } from './view.ts';

/** All resources together must fit into the project's quotas. */
export const quotas: PreflightRule = (view) =>
  Object.entries(needed(view)).flatMap(([name, count]): Concern[] => {
    const quota = view.quotas[name];
    const limit = raisedLimit(view, name) ?? quota?.limit;
    if (quota === undefined || limit === undefined || limit < 0 || count === 0) return [];
    const used = name === 'key_pairs' ? view.keypairs.length : quota.used;
    if (used + count <= limit) return [];
    const says = `The quota of ${name} is ${limit}, ${used} are used, and ${count} more are needed.`;
    const word = name.replaceAll(' ', '_');
    return [{ code: `quota.${word}`, severity: 'blocking', says, remedy: `Raise it to ${used + count} or more.` }];
  });

/** A service that keeps its quotas to itself may refuse anything, also after a server's stop. */
export const untoldQuotas: PreflightRule = (view) =>
  (
    [
      ['compute', 'instances'],
      ['network', 'port'],
    ] as const
  )
    .filter(([, quota]) => view.quotas[quota] === undefined)
    .map(([service]) => ({
      code: 'quotas.untold',
      severity: 'warning',
      says: `The ${service} service does not tell these credentials the quotas of their project: whether they suffice is not known.`,
      remedy: 'Ask who runs the destination, or use credentials that may read them.',
    }));

/**
 * What the project needs of each quota, by its name. `key_pairs` is a user's: Nova tells its use as
 * 0 (nova/quota.py, `_get_usages`).
 */
function needed(view: PreflightView): Record<string, number> {
  const count = (kind: Kind): number => created(view, view.of(kind)).length;
  const groups = count('security_group');
  const volumes = view.of('volume');
  const sizes = view.of('server').map((server) => sizeOf(view, server));
  const disks = view.of('disk').length;
  return {
    network: count('network'),
    subnet: count('subnet'),
    subnetpool: count('subnet_pool'),
    router: count('router'),
    port: count('port') + count('interface') + cloudPorts(view),
    trunk: count('trunk'),
    security_group: groups,
    // Neutron creates a new group with two rules, which count beside the rules built before.
    security_group_rule: count('security_group_rule') + (groups > 0 ? 2 : 0),
    rbac_policy: count('rbac_policy'),
    floatingip: count('floating_ip'),
    instances: sizes.length,
    cores: sizes.reduce((sum, size) => sum + size.vcpus, 0),
    ram: sizes.reduce((sum, size) => sum + size.ram, 0),
    key_pairs: count('keypair'),
    server_groups: count('server_group'),
    // Of each group; Nova tells the use as 0, too.
    server_group_members: Math.max(0, ...view.of('server_group').map((group) => membersOf(view, group))),
    // A disk that a server has of its own is an image until the commit at least; that of a volume
    // for a while, and a second time when it is read back.
    image_count_total: disks - volumes.length + (volumes.length > 0 ? 2 : 0),
    image_count_uploading: Math.min(disks, view.uploads),
    volumes: volumes.length,
    gigabytes: volumes.reduce((sum, { size }) => sum + size, 0),
    ...ofTypes(view),
    image_size_total: imageMebibytes(view),
  };
}

/** What the volumes of each type need, which may have quotas of its own. */
function ofTypes(view: PreflightView): Record<string, number> {
  const typed = view.of('volume').flatMap(({ size, volume_type }) => {
    const to = volume_type === null ? undefined : typeNamed(view.volumeTypes ?? [], mappedVolumeType(view.mappings, volume_type));
    return to === undefined ? [] : { type: to.name, size };
  });
  const entries = [...Map.groupBy(typed, ({ type }) => type)].flatMap(([type, all]): [string, number][] => [
    [quotaOfType('volumes', type), all.length],
    [quotaOfType('gigabytes', type), all.reduce((sum, { size }) => sum + size, 0)],
  ]);
  return Object.fromEntries(entries);
}

/**
 * The ports that the cloud makes on the networks to be created, within the project's quota: those
 * of its DHCP agents, as many on each network as it has elsewhere, and OVN's own for metadata
 * (neutron, ovn_client.py, create_metadata_port).
 */
function cloudPorts(view: PreflightView): number {
  const networks = new Set(created(view, view.of('network')).map(({ id }) => id));
  const served = view.of('subnet').filter((one) => networks.has(one.network_id) && one.enable_dhcp);
  const most = (owner: string): number => {
    const own = view.cloudPorts.filter(({ device_owner }) => device_owner === owner);
    return Math.max(0, ...[...Map.groupBy(own, (port) => port.network_id).values()].map((ports) => ports.length));
  };
  const distributed = most('network:distributed');
  const agents = view.cloudPorts.length === 0 ? 1 : most('network:dhcp');
  return new Set(served.map((one) => one.network_id)).size * agents + networks.size * distributed;
}

/** What the images of the disks take at the least: what the source's images hold. */
function imageMebibytes(view: PreflightView): number {
  const images = new Map(view.of('image').map((image) => [image.id, image.size ?? 0]));
  const bytes = view.of('server').reduce((sum, { image_id }) => sum + (images.get(image_id ?? '') ?? 0), 0);
  const own = view.of('image').reduce((sum, { disk_id, size }) => sum + (disk_id === null ? 0 : (size ?? 0)), 0);
  return Math.ceil((bytes + own) / 2 ** 20);
}

function sizeOf(view: PreflightView, server: ResourceOf<'server'>): { readonly vcpus: number; readonly ram: number } {
  const flavor = view.of('flavor').find((one) => one.id === server.flavor_id);
  if (flavor === undefined) return { vcpus: server.vcpus ?? 0, ram: server.memory_mib ?? 0 };
  const target = flavorFor(view, flavor);
  return target === undefined || target === 'create' ? flavor : target;
}
