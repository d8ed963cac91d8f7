import type { Concern } from '../../../model/concern.ts';
import { type Configurations, configurationsVersion, groupByKind, parseConfigurations } from '../../../model/configurations.ts';
import { type Ref, type Resource, refOf } from '../../../model/resource.ts';
import { release } from '../../../release.ts';
import { type Selection, takesWhole } from '../../cloud.ts';
import { describe } from '../attributes/describe.ts';
import { documentName } from '../builders/default-group.ts';
import { propertiesOf } from '../image-properties.ts';
import type { Session } from '../session.ts';
import { chooseServers } from './choose.ts';
import { sourceConcerns } from './concerns.ts';
import { type Contents, readContents } from './contents.ts';
import { withRemoteGroups } from './remote-groups.ts';
import { routerOf } from './router.ts';
import { scopeOf } from './scope.ts';
import { describeServer } from './server.ts';
import { listServers } from './servers.ts';
import { staysBehind } from './stays-behind.ts';

/** Captures a project, or some of its servers with what they need. Throws E_NOT_FOUND, E_FORBIDDEN and what the cloud throws. */
export async function takeInventory(
  session: Session,
  selection: Selection,
  signal: AbortSignal,
): Promise<{ document: Configurations; concerns: readonly Concern[] }> {
  const scope = await scopeOf(session, selection.project, signal);
  const servers = await chooseServers(session, scope, selection, await listServers(session, scope, signal), signal);
  const read = await readContents(session, scope, servers, signal);
  const contents = takesWhole(selection) ? read : narrowed(read);
  const document = parseConfigurations({
    format: 'godwit/configurations',
    version: configurationsVersion,
    created_at: new Date().toISOString(),
    release,
    source: { provider: 'openstack', region: contents.region, project_id: scope.projectId, project_name: scope.projectName },
    ...groupByKind(resourcesIn(contents)),
  });
  return { document, concerns: [...sourceConcerns(contents), ...staysBehind(contents)] };
}

/** Leaves out what the chosen servers do not need: other networks, routers that do not reach them, other groups and addresses. */
function narrowed(contents: Contents): Contents {
  const ports = contents.ports.filter((port) => port.device_id !== '');
  const onNetworks = new Set(ports.map((port) => port.network_id));
  const subnets = contents.subnets.filter((subnet) => onNetworks.has(subnet.network_id));
  const interfaces = contents.interfaces.filter((port) => onNetworks.has(port.network_id));
  const routers = contents.routers
    .filter((router) => interfaces.some((port) => port.device_id === router.id))
    .map((router) => ({ ...router, routes: [] as const, ...reachableRoutes(router, contents, interfaces) }));
  const floatingIps = contents.floatingIps.filter((ip) => ports.some((port) => port.id === ip.port_id));
  const outside = [
    ...routers.flatMap((router) => router.external_gateway_info?.network_id ?? []),
    ...floatingIps.map((ip) => ip.floating_network_id),
  ];
  const groups = withRemoteGroups(
    contents.groups,
    ports.flatMap((port) => port.security_groups ?? []),
  );
  return {
    ...contents,
    ports,
    otherPorts: [],
    networks: contents.networks.filter((network) => onNetworks.has(network.id) || outside.includes(network.id)),
    subnets,
    routers,
    interfaces,
    floatingIps,
    groups: contents.groups.filter((group) => groups.has(group.id)),
  };
}

/** A router that loses legs keeps its static routes only if it loses none: the next hop of the others cannot be told from here. */
function reachableRoutes(
  router: Contents['routers'][number],
  contents: Contents,
  kept: Contents['interfaces'],
): Pick<Contents['routers'][number], 'routes'> {
  const legs = (ports: Contents['interfaces']): number => ports.filter((port) => port.device_id === router.id).length;
  return legs(kept) === legs(contents.interfaces) ? { routes: router.routes ?? [] } : { routes: [] };
}

function resourcesIn(contents: Contents): Resource[] {
  const { networks, subnets, routers, interfaces, groups, floatingIps, images, keypairs } = contents;
  const known = new Set(subnets.map((subnet) => subnet.id));
  const legs = interfaces.filter((port) => port.fixed_ips.every((ip) => known.has(ip.subnet_id)));
  const servers = contents.servers.map((server) => describeServer(server, contents));
  const flavors = new Map(servers.map(({ flavor }) => [flavor.id, flavor]));
  const used = new Set(groups.map((group) => group.id));
  return [
    ...networks.map((network) => describe('network', network)),
    ...subnets
      .filter((subnet) => networks.some((network) => network.id === subnet.network_id))
      .map((subnet) => describe('subnet', subnet)),
    ...routers.flatMap((router) => routerOf(router, legs)),
    ...groups.map((group) =>
      describe('security_group', group, { name: documentName(group, group.project_id === contents.scope.projectId) }),
    ),
    ...groups
      .flatMap((group) => group.security_group_rules)
      .filter((rule) => !rule.remote_address_group_id && (rule.remote_group_id === null || used.has(rule.remote_group_id)))
      .map((rule) => describe('security_group_rule', rule)),
    ...contents.ports.map((port) => describe('port', port)),
    ...floatingIps
      .filter((ip) => ip.port_id === null || contents.ports.some((port) => port.id === ip.port_id))
      .map((ip) => describe('floating_ip', ip, { name: ip.floating_ip_address, needs: reachOf(ip, contents) })),
    ...new Map(keypairs.map((pair) => [pair.name, describe('keypair', pair, { id: pair.name })])).values(),
    ...flavors.values(),
    ...images.map((image) => describe('image', image, { properties: propertiesOf(image) })),
    ...servers.flatMap(({ disk, server }) => [...(disk === null ? [] : [disk]), server]),
  ];
}

/** The gateway and the interface without which the cloud refuses to join a floating IP to its port. */
function reachOf(ip: Contents['floatingIps'][number], contents: Contents): Ref[] {
  const router = contents.routers.find((one) => one.id === ip.router_id);
  const port = contents.ports.find((one) => one.id === ip.port_id);
  if (router === undefined || port === undefined) return [];
  const leg = contents.interfaces.find((one) => one.device_id === router.id && one.network_id === port.network_id);
  const gateway = router.external_gateway_info === null ? [] : [refOf('gateway', router.id)];
  return [...gateway, ...(leg === undefined ? [] : [refOf('interface', leg.id)])];
}
