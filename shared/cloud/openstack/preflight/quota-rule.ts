import type { Concern } from '../../../model/concern.ts';
import type { ResourceOf } from '../../../model/resource.ts';
import { isDefaultGroup } from '../group-name.ts';
import { decide } from './decisions.ts';
import type { PreflightRule } from './rules.ts';
import { flavorFor } from './server-rules.ts';
import type { PreflightView } from './view.ts';

/** All resources together must fit into the project's quotas. */
export const quotas: PreflightRule = (view) =>
  Object.entries(needed(view)).flatMap(([name, count]): Concern[] => {
    const quota = view.quotas[name];
    if (quota === undefined || quota.limit < 0 || quota.used + count <= quota.limit) return [];
    const says = `The quota of ${name} is ${quota.limit}, ${quota.used} are used, and ${count} more are needed.`;
    return [{ code: `quota.${name}`, severity: 'blocking', says, remedy: `Raise it to ${quota.used + count} or more.` }];
  });

function needed(view: PreflightView): Record<string, number> {
  const rules = view.of('security_group_rule');
  const newRules = decide(view, rules).filter((decision) => decision.action === 'create');
  const created = view.of('network').filter((one) => view.network(one.id) === null && !one.external);
  const ids = new Set(created.map((one) => one.id));
  const subnets = view.of('subnet').filter((one) => ids.has(one.network_id));
  // The cloud's DHCP server takes one port of the project's quota on each network.
  const served = new Set(subnets.filter((one) => one.enable_dhcp).map((one) => one.network_id));
  const groups = view.of('security_group').filter((one) => !isDefaultGroup(one));
  const floating = view.of('floating_ip').filter((one) => view.mappings.floating_ips[one.id]?.to !== 'skip');
  const keys = view.of('keypair').filter((one) => !view.keypairs.some((there) => there.name === one.name));
  const volumes = view.of('volume');
  const images = view.of('disk').filter(({ volume_id }) => volume_id === null).length;
  const sizes = view.of('server').map((server) => sizeOf(view, server));
  return {
    network: created.length,
    subnet: subnets.length,
    router: view.of('router').length,
    port: view.of('port').length + view.of('interface').length + served.size,
    security_group: groups.length,
    // Neutron creates a new group with two rules, which count beside the rules built before.
    security_group_rule: newRules.length + (groups.length > 0 ? 2 : 0),
    floatingip: floating.length,
    instances: sizes.length,
    cores: sizes.reduce((sum, size) => sum + size.vcpus, 0),
    ram: sizes.reduce((sum, size) => sum + size.ram, 0),
    key_pairs: keys.length,
    // A disk that a server has of its own is an image until the commit at least; that of a volume
    // for a while, and a second time when it is read back.
    image_count_total: images + (volumes.length > 0 ? 2 : 0),
    volumes: volumes.length,
    gigabytes: volumes.reduce((sum, { size }) => sum + size, 0),
    image_size_total: imageMebibytes(view),
  };
}

/** What the images of the disks take at the least: what the source's images hold. */
function imageMebibytes(view: PreflightView): number {
  const images = new Map(view.of('image').map((image) => [image.id, image.size ?? 0]));
  const bytes = view.of('server').reduce((sum, { image_id }) => sum + (images.get(image_id ?? '') ?? 0), 0);
  return Math.ceil(bytes / 2 ** 20);
}

function sizeOf(view: PreflightView, server: ResourceOf<'server'>): { readonly vcpus: number; readonly ram: number } {
  const flavor = view.of('flavor').find((one) => one.id === server.flavor_id);
  if (flavor === undefined) return { vcpus: server.vcpus ?? 0, ram: server.memory_mib ?? 0 };
  const target = flavorFor(view, flavor);
  return target === undefined || target === 'create' ? flavor : target;
}
