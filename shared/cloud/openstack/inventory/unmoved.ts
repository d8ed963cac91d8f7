import type { Concern } from '../../../model/concern.ts';
import type { Kind } from '../../../model/resource.ts';
import type { ApiThing } from '../api.ts';
import { type SourceThing, unmovedConcerns } from '../attributes/unmoved.ts';
import { isMoved } from './concerns.ts';
import type { Contents } from './contents.ts';
import { listedFlavor } from './server.ts';

/** What of the project's own things stays behind. Networks that are mapped, and what belongs to other projects, are not ours to move. */
export function staysBehind(contents: Contents): Concern[] {
  const { scope, servers, routers, ports, interfaces, groups, floatingIps, flavors, images, keypairs } = contents;
  const isOwn = (one: ApiThing): boolean => one['project_id'] === scope.projectId;
  const networks = contents.networks.filter((network) => isOwn(network) && network['router:external'] !== true);
  const subnets = contents.subnets.filter((subnet) => networks.some(({ id }) => id === subnet.network_id));
  const ownGroups = groups.filter(isOwn);
  const used = new Set(servers.flatMap((server) => listedFlavor(server, flavors) ?? []));
  const gateways = routers.flatMap(({ id, name, external_gateway_info }) =>
    external_gateway_info === null ? [] : { ...external_gateway_info, id, name },
  );
  return unmovedConcerns([
    ...things('network', networks),
    ...things('subnet', subnets),
    ...things('router', routers),
    ...things('gateway', gateways),
    ...things('interface', interfaces),
    ...things('port', ports),
    ...things('security_group', ownGroups),
    ...things(
      'security_group_rule',
      ownGroups.flatMap((group) => group.security_group_rules.map((rule) => ({ ...rule, name: `${rule.id} of ${group.name}` }))),
    ),
    ...things(
      'floating_ip',
      floatingIps.map((ip) => ({ ...ip, name: ip.floating_ip_address })),
    ),
    ...things(
      'keypair',
      keypairs.map((pair) => ({ ...pair, id: pair.name })),
    ),
    ...things('flavor', [...used]),
    ...things('image', images),
    ...things(
      'server',
      servers.filter((server) => !isMoved(server)),
    ),
  ]);
}

function things(kind: Kind, all: readonly (ApiThing & { readonly id: string; readonly name?: string | null })[]): SourceThing[] {
  return all.map((answer) => ({ kind, id: answer.id, name: answer.name ?? '', answer }));
}
