import type { ApiAddressGroup, ApiPort, ApiQosPolicy, ApiServer } from '../../../shared/cloud/openstack/api.ts';
import type { Contents } from '../../../shared/cloud/openstack/inventory/contents.ts';
import { described } from '../../../shared/cloud/openstack/inventory/inventory.ts';
import { movedTag } from '../../../shared/cloud/openstack/stamp.ts';
import type { Case, Cases, Situation } from './case.ts';

type Change = (contents: Contents) => Contents;

const isWhole = true;

/** The cases of a capture: what was read of a project, with one thing changed. */
export function captureCases(read: () => Contents): Cases {
  const when = (what: string, change: Change, whole = isWhole): Situation => [
    what,
    async () => (await described(change(read()), whole)).concerns,
  ];
  const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });
  const asRead = when('what was read of a plain project', (contents) => contents);
  return {
    ...stateCases((what, fields) => when(what, withServer(fields))),
    'server.busy': between(
      when('a server that is rebuilt', withServer({ 'OS-EXT-STS:task_state': 'rebuilding' })),
      when('one that is idle', withServer({ 'OS-EXT-STS:task_state': null })),
    ),
    'server.moved': between(
      when('a server that is tagged as moved, and locked', withServer({ tags: [movedTag], locked: true })),
      when('one that is tagged, and was unlocked again', withServer({ tags: [movedTag], locked: false })),
    ),
    'server.locked': between(
      when('a locked server that runs', withServer({ locked: true })),
      when('a locked one that is stopped', withServer({ locked: true, status: 'SHUTOFF' })),
    ),
    'server.lock_left': between(
      when('a locked server that is stopped', withServer({ locked: true, status: 'SHUTOFF' })),
      when('a stopped one without a lock', withServer({ locked: false, status: 'SHUTOFF' })),
    ),
    'server.ephemeral': between(
      when('a flavor with an ephemeral disk', withFlavor({ ephemeral: 1 })),
      when('a flavor without', withFlavor({ ephemeral: 0, swap: '' })),
    ),
    'server.encrypted': between(
      when('a flavor that asks for encryption', withFlavor({ extra_specs: { 'hw:ephemeral_encryption': 'True' } })),
      when('a flavor that forbids it', withFlavor({ extra_specs: { 'hw:ephemeral_encryption': 'False' } })),
    ),
    'server.tpm': between(
      when('a flavor with a virtual TPM', withFlavor({ extra_specs: { 'hw:tpm_version': '2.0' } })),
      when('a flavor without', withFlavor({ extra_specs: {} })),
    ),
    'server.iso': between(
      when('an image of a CD', withImage({ disk_format: 'iso' })),
      when('an image of a disk', withImage({ disk_format: 'qcow2' })),
    ),
    'server.firmware': between(
      when('an image that starts by UEFI', withImage({ hw_firmware_type: 'uefi' })),
      when('one whose firmware keeps nothing', withImage({ hw_firmware_type: 'uefi', hw_firmware_stateless: 'true' })),
    ),
    'server.keypair': between(
      when('the key of another user', withKeys({ user_id: 'another' })),
      when('the owner’s own key', withKeys({})),
    ),
    'server.keypair_name': between(
      when('two users’ keys of one name', withKeys({}, { user_id: 'another', public_key: 'ssh-ed25519 BBBB' })),
      when('one key that two users have', withKeys({}, { user_id: 'another' })),
    ),
    'server.image_gone': between(
      when('an image that cannot be read', (contents) => ({ ...contents, images: [] })),
      asRead,
    ),
    'server.user_data_formats': between(
      when('user data that makes a file system', withUserData('#!/bin/sh\nmkfs.ext4 /dev/vdb\n')),
      when('user data that makes none', withUserData('#!/bin/sh\ntrue\n')),
    ),
    'server.user_data_again': between(
      when('user data that is read', withUserData('#!/bin/sh\ntrue\n')),
      when('no user data', withServer({ 'OS-EXT-SRV-ATTR:user_data': null })),
    ),
    'server.user_data': between(
      when('what a member reads', withScope({ admin: false })),
      when('what an admin reads', withScope({ admin: true })),
    ),
    'server.nic_order': between(
      when('three ports of one moment on two networks', withPortsOfAge(['1', '1', '1'])),
      when('three ports of three moments', withPortsOfAge(['1', '2', '3'])),
    ),
    'server.port_unseen': between(
      when('a port that Nova shows and Neutron does not', (contents) => ({ ...contents, ports: [] })),
      asRead,
    ),
    'server.vnic': between(
      when('a port for SR-IOV', withPort({ 'binding:vnic_type': 'direct' })),
      when('an ordinary port', withPort({ 'binding:vnic_type': 'normal' })),
    ),
    'server_group.unseen': between(
      when('groups that a policy keeps', (contents) => ({ ...contents, serverGroups: null })),
      when('no groups', (contents) => ({ ...contents, serverGroups: [] })),
    ),
    'port.left_out': between(
      when('the port of a load balancer', (contents) => ({ ...contents, otherPorts: [aPort({ device_owner: 'Octavia' })] })),
      asRead,
    ),
    'floating_ip.left_out': between(
      when('a floating IP of a port that is not captured', withFloatingIp('elsewhere')),
      when('a floating IP of no port', withFloatingIp(null)),
    ),
    'routes.left_out': between(
      when('a route by a network of no chosen server', withRoute('10.9.0.5'), false),
      when('a route by the network of a chosen one', withRoute('192.168.50.9'), false),
    ),
    'subnet.pool_left': between(
      when('a subnet of a pool that is not read', withPool('unseen')),
      when('a subnet of the project’s own pool', withPool('sp')),
    ),
    'subnet_pool.scope_left': between(
      when('a pool in a scope that is not read', withScopeOfPool('unseen')),
      when('a pool in the project’s own scope', withScopeOfPool('as')),
    ),
    'qos_policy.unseen': between(
      when('a port with a QoS policy that is not read', withPort({ qos_policy_id: 'q' })),
      when('a port with none', withPort({ qos_policy_id: null })),
    ),
    'qos_policy.foreign': between(
      when('another project’s QoS policy', withPolicy({ project_id: 'another' })),
      when('the project’s own', withPolicy({})),
    ),
    'rbac_policy.unseen': between(
      when('a shared network without a policy', withRbac({ shared: true })),
      when('one whose policy is read', withRbac({ shared: true }, '*')),
    ),
    'rbac_policy.left': between(
      when('an external network of the project that is shared', withRbac({ 'router:external': true }, 'other')),
      when('an inner one', withRbac({}, 'other')),
    ),
    'address_group.foreign': between(
      when('another project’s address group', withAddressGroup({ project_id: 'another' })),
      when('the project’s own', withAddressGroup({})),
    ),
    'security_group.foreign': between(when('another project’s group', withGroup({ project_id: 'another' })), asRead),
    'port.trunk_unseen': between(
      when('the parent of a trunk that is not read', withPort({ trunk_details: { trunk_id: 'unseen' } })),
      when('a port without a trunk', withPort({ trunk_details: null })),
    ),
    'port.group_unseen': between(when('a group that is not read', withPort({ security_groups: ['unseen'] })), asRead),
    'security_group.remote_unseen': between(
      when('a rule for members of a group that is not read', withRemote('unseen')),
      when('a rule for members of the group itself', withRemote(null)),
    ),
    'interface.subnet_unseen': between(
      when('a router in a subnet that is not read', withLeg('unseen')),
      when('a router in one that is', withLeg(null)),
    ),
    '*.unreadable': between(
      when('an MTU that is a text', (contents) => ({ ...contents, networks: withFields(contents.networks, { mtu: 'large' }) })),
      when('an MTU that is a number', (contents) => ({ ...contents, networks: withFields(contents.networks, { mtu: 1450 }) })),
    ),
    '*.need_unseen': between(
      when('a port whose subnet is not read', (contents) => ({ ...contents, subnets: [] })),
      asRead,
    ),
    '*.not_carried': between(
      when('a port that an admin trusts', withPort({ trusted: true })),
      when('a port as others', withPort({ trusted: false })),
    ),
    '*.unknown_attribute': between(
      when('an attribute that nobody knows', withPort({ invented: 'by a later release' })),
      when('one that says nothing', withPort({ invented: '' })),
    ),
  };
}

/** Every state of a server that has a row; beside it, a server that runs. */
function stateCases(when: (what: string, fields: object) => Situation): Cases {
  const running = when('a server that runs', { status: 'ACTIVE' });
  const states = ['SHUTOFF', 'ERROR', 'PAUSED', 'SUSPENDED', 'SHELVED', 'SHELVED_OFFLOADED', 'RESCUE', 'VERIFY_RESIZE'];
  const named = states.map((status): [string, Case] => [
    `server.${status.toLowerCase()}`,
    { fires: when(`a server in ${status}`, { status }), silent: running },
  ]);
  const other: Case = {
    fires: when('a server in a state without a row', { status: 'MIGRATING' }),
    silent: when('one in a state that has its own row', { status: 'PAUSED' }),
  };
  return { ...Object.fromEntries(named), 'server.state': other };
}

function withFields<T>(all: readonly T[], fields: object): T[] {
  return all.map((one) => ({ ...one, ...fields }));
}

function withServer(fields: object): Change {
  return (contents) => ({ ...contents, servers: withFields(contents.servers, fields) });
}

function withUserData(text: string): Change {
  return withServer({ 'OS-EXT-SRV-ATTR:user_data': Buffer.from(text).toString('base64') });
}

function withFlavor(fields: object): Change {
  return (contents) => ({
    ...contents,
    servers: contents.servers.map((server) => ({ ...server, flavor: { ...server.flavor, ...fields } })),
  });
}

function withImage(fields: object): Change {
  return (contents) => ({ ...contents, images: withFields(contents.images, fields) });
}

function withPort(fields: object): Change {
  return (contents) => ({ ...contents, ports: withFields(contents.ports, fields) });
}

function withPool(subnetpool_id: string): Change {
  return (contents) => {
    const pool = { id: 'sp', project_id: contents.scope.projectId, name: 'pool', prefixes: ['192.168.0.0/16'] };
    const subnets = contents.subnets.map((subnet) => ({ ...subnet, subnetpool_id }));
    return { ...contents, subnets, subnetPools: [{ ...pool, ...lengths }] };
  };
}

function withScopeOfPool(address_scope_id: string): Change {
  return (contents) => {
    const { projectId: project_id } = contents.scope;
    const pool = { id: 'sp', project_id, name: 'pool', prefixes: ['192.168.0.0/16'], address_scope_id, ...lengths };
    return { ...contents, subnetPools: [pool], addressScopes: [{ id: 'as', project_id, name: 'scope', ip_version: 4 }] };
  };
}

const lengths = { default_prefixlen: '24', min_prefixlen: '8', max_prefixlen: '32' };

function withAddressGroup(fields: Partial<ApiAddressGroup>): Change {
  return (contents) => {
    const group = { id: 'a', project_id: contents.scope.projectId, name: 'offices', addresses: [], ...fields };
    return { ...contents, addressGroups: [group] };
  };
}

function withRbac(fields: object, ...targets: readonly string[]): Change {
  return (contents) => {
    const [network] = contents.networks;
    const base = { project_id: contents.scope.projectId, action: 'access_as_shared', object_type: 'network' };
    const rbacPolicies = targets.map((target_tenant) => ({ ...base, id: 'r', object_id: network?.id ?? '', target_tenant }));
    return { ...contents, rbacPolicies, networks: withFields(contents.networks, fields) };
  };
}

function withPolicy(fields: Partial<ApiQosPolicy>): Change {
  return (contents) => {
    const policy = { id: 'q', project_id: contents.scope.projectId, name: 'slow', rules: [], ...fields };
    return { ...contents, qosPolicies: [policy], ports: withFields(contents.ports, { qos_policy_id: 'q' }) };
  };
}

function withGroup(fields: object): Change {
  return (contents) => ({ ...contents, groups: withFields(contents.groups, fields) });
}

function withScope(fields: object): Change {
  return (contents) => ({ ...contents, scope: { ...contents.scope, ...fields } });
}

/** Gives the servers a key name, and the capture these keypairs, by default the owner’s. */
function withKeys(...pairs: readonly object[]): Change {
  return (contents) => ({
    ...withServer({ key_name: 'ops' })(contents),
    keypairs: pairs.map((fields) => ({
      name: 'ops',
      public_key: 'ssh-ed25519 AAAA',
      fingerprint: '',
      user_id: contents.servers[0]?.user_id ?? '',
      ...fields,
    })),
  });
}

function aPort(fields: Partial<ApiPort>): ApiPort {
  return {
    id: 'p9',
    project_id: 'p',
    name: '',
    network_id: 'n',
    mac_address: 'fa:16:3e:00:00:09',
    fixed_ips: [],
    device_id: 'd',
    device_owner: '',
    ...fields,
  } as ApiPort;
}

function withPortsOfAge(ages: readonly string[]): Change {
  const mac = (index: number): string => `fa:16:3e:00:00:0${index}`;
  const addresses: ApiServer['addresses'] = {
    a: [0, 1].map((index) => ({ addr: `10.0.0.${index}`, 'OS-EXT-IPS-MAC:mac_addr': mac(index) })),
    b: [{ addr: '10.1.0.2', 'OS-EXT-IPS-MAC:mac_addr': mac(2) }],
  };
  return (contents) => ({
    ...withServer({ addresses })(contents),
    ports: ages.map((created_at, index) =>
      aPort({ id: `p${index}`, created_at, mac_address: mac(index), device_id: contents.servers[0]?.id ?? '' }),
    ),
  });
}

function withFloatingIp(port_id: string | null): Change {
  return (contents) => ({
    ...contents,
    floatingIps: [
      {
        id: 'f',
        project_id: contents.scope.projectId,
        floating_network_id: 'ext',
        floating_ip_address: '203.0.113.9',
        port_id,
        fixed_ip_address: null,
        router_id: null,
      },
    ],
  });
}

/** Rules of the capture's first group that let members of another group in, or of itself. */
function withRemote(remote: string | null): Change {
  return (contents) => ({
    ...contents,
    groups: contents.groups.map((group) => ({
      ...group,
      security_group_rules: group.security_group_rules.map((rule) => ({ ...rule, remote_group_id: remote ?? group.id })),
    })),
  });
}

/** A router with one leg, in a subnet of the capture unless another one is given. */
function withLeg(subnet: string | null): Change {
  return (contents) => {
    const [own] = contents.subnets;
    const fixed_ips = [{ subnet_id: subnet ?? own?.id ?? '', ip_address: '192.168.50.1' }];
    const router = { id: 'r', project_id: contents.scope.projectId, name: 'r', routes: [], external_gateway_info: null };
    return {
      ...contents,
      routers: [router],
      interfaces: [aPort({ network_id: own?.network_id ?? '', device_id: 'r', fixed_ips })],
    };
  };
}

/** A router on the server’s network and on another one, with one static route. */
function withRoute(nexthop: string): Change {
  return (contents) => {
    const [own] = contents.subnets;
    if (own === undefined) throw new Error('the capture has no subnet');
    const other = { ...own, id: 's2', network_id: 'n2', cidr: '10.9.0.0/24' };
    const leg = (id: string, { id: subnet_id, network_id }: typeof own, ip_address: string): ApiPort =>
      aPort({ id, network_id, device_id: 'r', fixed_ips: [{ subnet_id, ip_address }] });
    const router = {
      id: 'r',
      project_id: contents.scope.projectId,
      name: 'r',
      routes: [{ destination: '10.10.0.0/16', nexthop }],
      external_gateway_info: null,
    };
    return {
      ...contents,
      subnets: [...contents.subnets, other],
      routers: [router],
      interfaces: [leg('l1', own, '192.168.50.1'), leg('l2', other, '10.9.0.1')],
    };
  };
}
