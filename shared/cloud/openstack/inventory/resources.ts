import { freedOfPolicy } from '../../../model/qos-user.ts';
import { idOf, type Ref, type Resource, type ResourceOf } from '../../../model/resource.ts';
import type { ApiNetwork, ApiPort, ApiQosPolicy, ApiSecurityGroup } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { dnsIn } from '../dns/resources.ts';
import { documentName } from '../group-name.ts';
import { propertiesOf } from '../images/image-properties.ts';
import type { Contents } from './contents.ts';
import { describeFlattened } from './flattened.ts';
import type { Forwarding } from './forwardings.ts';
import { describeOwnImage, whyImageLeft } from './own-images.ts';
import { assignmentsIn } from './people.ts';
import { policyOf } from './policies.ts';
import { poolOf, scopeOfPool } from './pools.ts';
import { rbacIn } from './rbac.ts';
import { reachOf } from './reach.ts';
import { routerOf } from './router.ts';
import { describeServer } from './server.ts';
import { flattenedIn } from './volume-snapshots.ts';
import { describeVolume, loneVolumes } from './volumes.ts';

/** All that was read, as resources; some may need others that could not be read. */
export function resourcesIn(contents: Contents): Resource[] {
  const { networks, subnets, routers, interfaces, addressGroups, groups, floatingIps, images, keypairs } = contents;
  const moving = contents.ownImages.filter((image) => whyImageLeft(image) === null);
  const known = new Set(subnets.map((subnet) => subnet.id));
  const legs = interfaces.filter((port) => port.fixed_ips.every((ip) => known.has(ip.subnet_id)));
  const servers = contents.servers.map((server) => describeServer(server, contents));
  const flavors = new Map(servers.map(({ flavor }) => [flavor.id, flavor]));
  const isSeen = (policy: Ref): boolean => policyOf(contents, idOf(policy)) !== null;
  return [
    ...projectIn(contents),
    ...contents.quotaSets.map(({ id, limits }) => describe('quota_set', { id, name: id }, { name: id, limits })),
    ...contents.qosPolicies.map((policy) => policyIn(policy, contents)),
    ...networks.map((network) => describe('network', { ...network, qos_policy_id: policyOfNetwork(network, contents) })),
    ...contents.addressScopes.map((scope) => describe('address_scope', scope)),
    ...contents.subnetPools.map((pool) => describe('subnet_pool', { ...pool, address_scope_id: scopeOfPool(pool, contents) })),
    ...subnets
      .filter((subnet) => networks.some((network) => network.id === subnet.network_id))
      .map((subnet) => describe('subnet', { ...subnet, subnetpool_id: poolOf(subnet, contents) })),
    ...routers.flatMap((router) => routerOf(router, legs)).map((one) => freedOfPolicy(one, isSeen)),
    ...addressGroups.map((group) => describe('address_group', group)),
    ...groups.map((group) => groupOf(group, contents)),
    ...rulesIn(contents).map((rule) => describe('security_group_rule', rule)),
    ...(contents.people === null ? [] : assignmentsIn(contents.people)),
    ...dnsIn(contents),
    ...rbacIn(contents),
    ...contents.ports.map((port) => freedOfPolicy(portOf(port, groups), isSeen)),
    ...contents.trunks.map((trunk) => describe('trunk', trunk)),
    ...floatingIps
      .filter((ip) => ip.port_id === null || contents.ports.some((port) => port.id === ip.port_id))
      .map((ip) =>
        freedOfPolicy(
          describe('floating_ip', ip, { name: ip.floating_ip_address, needs: reachOf(ip.router_id, ip.port_id, contents) }),
          isSeen,
        ),
      ),
    ...contents.forwardings.map((one) =>
      forwardingOf(one, reachOf(one.floatingIp.router_id, one.answer.internal_port_id, contents)),
    ),
    ...new Map(keypairs.map((pair) => [pair.name, describe('keypair', pair, { id: pair.name })])).values(),
    ...(contents.serverGroups ?? []).map((one) => describe('server_group', one)),
    ...flavors.values(),
    ...images
      .filter(({ id }) => !moving.some((image) => image.id === id))
      .map((image) => describe('image', image, { properties: propertiesOf(image) })),
    ...servers.flatMap(({ disks, volumes, server }) => [...disks, ...volumes, server]),
    ...loneVolumes(contents).flatMap((one) => Object.values(describeVolume(one, one, contents))),
    ...flattenedIn(contents).flatMap(({ snapshot, source }) => Object.values(describeFlattened(snapshot, source, contents))),
    ...moving.flatMap((image) => Object.values(describeOwnImage(image, contents.imageMembers.get(image.id)))),
  ];
}

/** The project, where somebody wrote something of it. */
function projectIn({ project }: Contents): Resource[] {
  if (project === null || (!project.description && (project.tags ?? []).length === 0)) return [];
  return [describe('project', project)];
}

/** Another project's policy is built as the project's own, and as no default one. */
function policyIn(policy: ApiQosPolicy, { scope }: Contents): Resource {
  return describe('qos_policy', policy.project_id === scope.projectId ? policy : { ...policy, is_default: false });
}

/** A network of another project is mapped, and keeps the policy that it has there. */
function policyOfNetwork(network: ApiNetwork, contents: Contents): string | null {
  const isCreated = network.project_id === contents.scope.projectId && !network['router:external'];
  return isCreated ? policyOf(contents, network.qos_policy_id) : null;
}

function groupOf(group: ApiSecurityGroup, { scope }: Contents): Resource {
  return describe('security_group', group, { name: documentName(group, group.project_id === scope.projectId) });
}

/** The rules that name only addresses and readable groups. */
function rulesIn({ groups, addressGroups }: Contents): ApiSecurityGroup['security_group_rules'] {
  const used = new Set([...groups, ...addressGroups].map((group) => group.id));
  return groups
    .flatMap((group) => group.security_group_rules)
    .filter((rule) => [rule.remote_group_id, rule.remote_address_group_id].every((id) => !id || used.has(id)));
}

/**
 * A port without the groups that cannot be read. It admits no more traffic than before, and
 * `port.group_unseen` reports it.
 */
function portOf(port: ApiPort, groups: readonly ApiSecurityGroup[]): Resource {
  const seen = (port.security_groups ?? []).filter((id) => groups.some((group) => group.id === id));
  return describe('port', port, { security_groups: seen });
}

/** A port forwarding, with what leads its floating IP to the port. */
export function forwardingOf({ floatingIp, answer }: Forwarding, needs: Ref[] = []): ResourceOf<'port_forwarding'> {
  const outside = answer.external_port ?? answer.external_port_range;
  return describe('port_forwarding', answer, {
    name: `${floatingIp.floating_ip_address}:${outside}/${answer.protocol}`,
    floating_ip_id: floatingIp.id,
    needs,
  });
}
