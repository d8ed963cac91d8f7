import type { Concern } from '../../../model/concern.ts';
import { type Configurations, configurationsVersion, groupByKind, parseConfigurations } from '../../../model/configurations.ts';
import { release } from '../../../release.ts';
import { type Selection, takesWhole } from '../../source-cloud.ts';
import type { Session } from '../session/session.ts';
import { chooseServers } from './choose.ts';
import { sourceConcerns } from './concerns.ts';
import { type Contents, readContents } from './contents.ts';
import { withRemoteGroups } from './remote-groups.ts';
import { resourcesIn } from './resources.ts';
import { scopeOf } from './scope.ts';
import { downServers, listServers } from './servers.ts';
import { settled } from './settle.ts';
import { staysBehind } from './stays-behind.ts';
import { unseenConcerns } from './unseen.ts';

/**
 * Captures a project, or some of its servers with what they need. Throws E_NOT_FOUND, E_FORBIDDEN,
 * and the session's errors.
 */
export async function takeInventory(
  session: Session,
  selection: Selection,
  signal: AbortSignal,
): Promise<{ document: Configurations; concerns: readonly Concern[] }> {
  const scope = await scopeOf(session, selection.project, signal);
  const servers = await chooseServers(session, scope, selection, await listServers(session, scope, signal), signal);
  const read = await readContents(session, scope, servers, signal);
  const contents = takesWhole(selection) ? read : narrowed(read);
  const { resources, concerns } = settled(resourcesIn(contents));
  const document = parseConfigurations({
    format: 'godwit/configurations',
    version: configurationsVersion,
    created_at: new Date().toISOString(),
    release,
    source: { provider: 'openstack', region: contents.region, project_id: scope.projectId, project_name: scope.projectName },
    ...groupByKind(resources),
  });
  const down = takesWhole(selection) ? await downServers(session, scope, signal) : [];
  return {
    document,
    concerns: [...sourceConcerns(contents), ...down, ...unseenConcerns(contents), ...concerns, ...staysBehind(contents)],
  };
}

/** Removes what the chosen servers do not need: networks, routers, groups and addresses. */
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

/**
 * A router keeps its static routes only if it keeps all interfaces: the next hops may be behind the
 * lost ones.
 */
function reachableRoutes(
  router: Contents['routers'][number],
  contents: Contents,
  kept: Contents['interfaces'],
): Pick<Contents['routers'][number], 'routes'> {
  const legs = (ports: Contents['interfaces']): number => ports.filter((port) => port.device_id === router.id).length;
  return legs(kept) === legs(contents.interfaces) ? { routes: router.routes ?? [] } : { routes: [] };
}
