import { expect, test } from 'vitest';
import { supportedDocument, supportedPart } from '../../../../shared/cloud/supported.ts';
import { inBuildOrder } from '../../../../shared/model/build-order.ts';
import { resourcesOf } from '../../../../shared/model/configurations.ts';
import { type Kind, kinds, type Resource, refOf } from '../../../../shared/model/resource.ts';
import { aDocument, aResource, aServer, aServerDisk } from '../../../support/build.ts';

const all = kinds.filter((kind) => kind !== 'image');

/** Every kind that a destination can build but these. */
const without = (...lacking: readonly Kind[]): ReadonlySet<Kind> => new Set(all.filter((kind) => !lacking.includes(kind)));

/** A server with everything that one can have around it. */
function aNeighbourhood() {
  const server = aServer({
    id: 's1',
    flavor_id: 'f1',
    key_name: 'ops',
    server_group_id: 'sg1',
    ports: ['p1'],
    disks: ['s1.root', 'v1.volume'],
    volumes: [{ volume_id: 'v1' }],
    needs: ['flavor/f1', 'keypair/ops', 'server_group/sg1', 'port/p1', 'disk/s1.root', 'volume/v1'],
  });
  return aDocument({
    projects: [aResource('project')],
    quota_sets: [aResource('quota_set', { id: 'compute' })],
    qos_policies: [aResource('qos_policy', { id: 'q1' })],
    networks: [
      aResource('network', { id: 'n1', qos_policy_id: 'q1', needs: ['qos_policy/q1'] }),
      aResource('network', { id: 'ext', external: true }),
    ],
    address_scopes: [aResource('address_scope', { id: 'as1' })],
    subnet_pools: [aResource('subnet_pool', { id: 'sp1', address_scope_id: 'as1', needs: ['address_scope/as1'] })],
    subnets: [
      aResource('subnet', { id: 'sn1', network_id: 'n1', subnetpool_id: 'sp1', needs: ['network/n1', 'subnet_pool/sp1'] }),
    ],
    routers: [aResource('router', { id: 'r1' })],
    gateways: [aResource('gateway', { id: 'r1', router_id: 'r1', needs: ['router/r1', 'network/ext'] })],
    interfaces: [aResource('interface', { id: 'i1', router_id: 'r1', needs: ['router/r1', 'subnet/sn1'] })],
    routes: [aResource('routes', { id: 'r1', needs: ['router/r1', 'interface/i1'] })],
    address_groups: [aResource('address_group', { id: 'ag1' })],
    security_groups: [aResource('security_group', { id: 'g1' })],
    security_group_rules: [aResource('security_group_rule', { id: 'gr1', needs: ['security_group/g1'] })],
    role_assignments: [aResource('role_assignment')],
    dns_zones: [aResource('dns_zone', { id: 'z1' })],
    dns_record_sets: [aResource('dns_record_set', { zone_id: 'z1', needs: ['dns_zone/z1'] })],
    rbac_policies: [aResource('rbac_policy', { id: 'rb1', object_id: 'n1', needs: ['network/n1'] })],
    ports: [aResource('port', { id: 'p1', security_groups: ['g1'], needs: ['network/n1', 'subnet/sn1', 'security_group/g1'] })],
    trunks: [aResource('trunk', { id: 't1', port_id: 'p1', needs: ['port/p1'] })],
    floating_ips: [
      aResource('floating_ip', { id: 'ip1', port_id: 'p1', needs: ['network/ext', 'port/p1'] }),
      aResource('floating_ip', { id: 'ip2', needs: ['network/ext'] }),
    ],
    port_forwardings: [
      aResource('port_forwarding', {
        id: 'pf1',
        floating_ip_id: 'ip2',
        internal_port_id: 'p1',
        needs: ['floating_ip/ip2', 'port/p1'],
      }),
    ],
    keypairs: [aResource('keypair', { id: 'ops' })],
    server_groups: [aResource('server_group', { id: 'sg1' })],
    flavors: [aResource('flavor', { id: 'f1' })],
    images: [aResource('image', { id: 'debian' })],
    disks: [aServerDisk('s1'), aResource('disk', { id: 'v1.volume', server_id: 's1', volume_id: 'v1' })],
    volumes: [aResource('volume', { id: 'v1', disk_id: 'v1.volume', needs: ['disk/v1.volume'] })],
    servers: [server],
  });
}

const refs = (resources: readonly Resource[]) => resources.map(({ kind, id }) => refOf(kind, id));

test('a destination that builds every kind is given the whole document', () => {
  const document = aNeighbourhood();
  const { resources, decisions, concerns } = supportedPart(resourcesOf(document), without());
  expect(resources).toEqual(resourcesOf(document).filter(({ kind }) => kind !== 'image'));
  expect(concerns).toEqual([]);
  expect(decisions).toEqual([{ ref: 'image/debian', action: 'skip', why: expect.stringContaining('its own disk') }]);
  expect(supportedDocument(document, without())).toEqual(document);
});

test('a server needs no flavor and no keypair, and has no key name then', () => {
  const document = supportedDocument(aNeighbourhood(), without('flavor', 'keypair'));
  expect(document.servers).toMatchObject([
    { key_name: null, needs: ['server_group/sg1', 'port/p1', 'disk/s1.root', 'volume/v1'], vcpus: 1, memory_mib: 512 },
  ]);
  expect([document.flavors, document.keypairs]).toEqual([[], []]);
  expect(document.images).toHaveLength(1);
});

test('a server needs no server group, and is in none then', () => {
  const document = supportedDocument(aNeighbourhood(), without('server_group'));
  expect(document.servers[0]?.server_group_id).toBeNull();
  expect(document.servers[0]?.needs).not.toContain('server_group/sg1');
  expect(document.server_groups).toEqual([]);
});

test('a port needs no security group, and is in none then; the rules go with their groups', () => {
  const { resources, concerns } = supportedPart(resourcesOf(aNeighbourhood()), without('security_group'));
  expect(resources.find(({ kind }) => kind === 'port')).toMatchObject({
    security_groups: [],
    needs: ['network/n1', 'subnet/sn1'],
  });
  expect(concerns.map(({ code }) => code)).toEqual(['security_group.unsupported', 'security_group_rule.unsupported']);
});

test.each([
  ['quotas', 'quota_set'],
  ['project', 'project'],
  ['assignments', 'role_assignment'],
] as const)('a receiver that does not build what is carried as %s hears of no such mapping', (name, kind) => {
  const document = aNeighbourhood();
  const carried = { ...document, mappings: { ...document.mappings, [name]: 'carry' as const } };
  expect(supportedDocument(carried, without()).mappings[name]).toBe('carry');
  expect(name in supportedDocument(carried, without(kind)).mappings).toBe(false);
});

test('a receiver that builds no DNS zones hears of no mapping of them', () => {
  const document = aNeighbourhood();
  const mappings = { ...document.mappings, dns_zones: { z1: { to: 'example.org.' } }, dns_addresses: 'rewrite' as const };
  expect(supportedDocument({ ...document, mappings }, without()).mappings).toMatchObject({ dns_addresses: 'rewrite' });
  const { mappings: known } = supportedDocument({ ...document, mappings }, without('dns_zone'));
  expect(Object.keys(known).filter((name) => name.startsWith('dns_'))).toEqual([]);
});

test('whatever has a QoS policy is built without, where there are none', () => {
  const { networks, qos_policies } = supportedDocument(aNeighbourhood(), without('qos_policy'));
  expect(networks[0]).toMatchObject({ id: 'n1', qos_policy_id: null, needs: [] });
  expect(qos_policies).toEqual([]);
});

test('a subnet is built of no pool, and a pool in no scope, where there are none', () => {
  const bare = supportedDocument(aNeighbourhood(), without('subnet_pool', 'address_scope'));
  expect(bare.subnets).toMatchObject([{ id: 'sn1', subnetpool_id: null, needs: ['network/n1'] }]);
  const { subnet_pools, subnets } = supportedDocument(aNeighbourhood(), without('address_scope'));
  expect(subnet_pools).toMatchObject([{ address_scope_id: null, needs: [] }]);
  expect(subnets).toMatchObject([{ subnetpool_id: 'sp1' }]);
});

test('what needs something that is left out is left out too, and says so', () => {
  const { resources, decisions } = supportedPart(resourcesOf(aNeighbourhood()), without('router'));
  const left = refs(resources);
  for (const ref of ['gateway/r1', 'interface/i1', 'routes/r1']) expect(left).not.toContain(ref);
  expect(left).toContain('server/s1');
  expect(decisions).toContainEqual({ ref: 'router/r1', action: 'skip', why: 'the destination has no routers' });
  expect(decisions).toContainEqual({ ref: 'interface/i1', action: 'skip', why: 'it needs router/r1, which is left out' });
});

test.each(all)('without the kind %s whatever is left can be built, and one concern names the cost', (kind) => {
  const { resources, concerns } = supportedPart(resourcesOf(aNeighbourhood()), without(kind));
  expect(refs(inBuildOrder(resources)).filter((ref) => ref.startsWith(`${kind}/`))).toEqual([]);
  expect(concerns.filter(({ code }) => code === `${kind}.unsupported`)).toHaveLength(1);
  expect(new Set(concerns.map(({ code }) => code)).size).toBe(concerns.length);
  const hasServer = resources.some((resource) => resource.kind === 'server');
  expect(concerns.some(({ severity }) => severity === 'blocking')).toBe(!hasServer);
});

test('a kind that the document has none of is no concern', () => {
  expect(supportedPart([aResource('network')], without('flavor', 'server')).concerns).toEqual([]);
});
