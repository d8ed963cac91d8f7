import type { Concern } from '../../../model/concern.ts';
import type { Kind } from '../../../model/resource.ts';
import type { ApiThing } from '../api.ts';
import { type SourceThing, unmovedConcerns } from '../attributes/unmoved.ts';
import { ownSets } from '../dns/resources.ts';
import type { Contents } from './contents.ts';
import { isMoved } from './moved.ts';
import { ownImageThings } from './own-images.ts';
import { listedFlavor } from './server.ts';
import { loneVolumes, volumesOfServer } from './volumes.ts';

/**
 * Reports which of the project's resources stay behind. Mapped networks and other projects'
 * resources are not moved.
 */
export function staysBehind(contents: Contents): Concern[] {
  const { scope, servers, routers, ports, interfaces, addressGroups, groups, floatingIps, flavors, images, keypairs } = contents;
  const isOwn = (one: ApiThing): boolean => one['project_id'] === scope.projectId;
  const networks = contents.networks.filter((network) => isOwn(network) && network['router:external'] !== true);
  const subnets = contents.subnets.filter((subnet) => networks.some(({ id }) => id === subnet.network_id));
  const ownZones = contents.dns.zones.filter(isOwn);
  const ownGroups = groups.filter(isOwn);
  const used = new Set(servers.flatMap((server) => listedFlavor(server, flavors) ?? []));
  return unmovedConcerns([
    ...(contents.project === null ? [] : [thing('project', contents.project)]),
    ...ownZones.map((zone) => thing('dns_zone', zone)),
    ...ownSets(ownZones, contents.dns.recordSets).map((one) => thing('dns_record_set', one)),
    ...contents.qosPolicies.filter(isOwn).map((policy) => thing('qos_policy', policy)),
    ...networks.map((network) => thing('network', network)),
    ...subnets.map((subnet) => thing('subnet', subnet)),
    ...contents.addressScopes.map((scope) => thing('address_scope', scope)),
    ...contents.subnetPools.map((pool) => thing('subnet_pool', pool)),
    ...routers.map((router) => thing('router', router)),
    ...routers.flatMap(({ id, name, external_gateway_info: gateway }) =>
      gateway ? { ...thing('gateway', gateway), id, name } : [],
    ),
    ...interfaces.map((port) => thing('interface', port)),
    ...ports.map((port) => thing('port', port)),
    ...contents.trunks.map((trunk) => thing('trunk', trunk)),
    ...addressGroups.filter(isOwn).map((group) => thing('address_group', group)),
    ...ownGroups.map((group) => thing('security_group', group)),
    ...ownGroups.flatMap((group) =>
      group.security_group_rules.map((rule) => ({ ...thing('security_group_rule', rule), name: `${rule.id} of ${group.name}` })),
    ),
    ...floatingIps.map((ip) => ({ ...thing('floating_ip', ip), name: ip.floating_ip_address })),
    ...contents.forwardings.map(({ floatingIp, answer }) => ({
      ...thing('port_forwarding', answer),
      name: `${answer.id} of ${floatingIp.floating_ip_address}`,
    })),
    ...keypairs.map((pair) => ({ ...thing('keypair', pair), id: pair.name })),
    ...(contents.serverGroups ?? []).map((one) => thing('server_group', one)),
    ...[...used].map((flavor) => thing('flavor', flavor)),
    ...images.filter((image) => !contents.ownImages.some(({ id }) => id === image.id)).map((image) => thing('image', image)),
    ...ownImageThings(contents.ownImages),
    ...servers
      .filter((server) => !isMoved(server))
      .flatMap((server) => volumesOfServer(server, contents).map((one) => thing('volume', one))),
    ...loneVolumes(contents).map((one) => thing('volume', one)),
    ...servers.filter((server) => !isMoved(server)).map((server) => thing('server', server)),
  ]);
}

function thing(kind: Kind, answer: ApiThing & { readonly id?: string; readonly name?: string | null }): SourceThing {
  return { kind, id: answer.id ?? '', name: answer.name ?? '', answer };
}
