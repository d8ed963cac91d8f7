import type { ApiRouter } from '../../../shared/cloud/openstack/api.ts';
import type { DestinationState } from '../../../shared/cloud/openstack/preflight/view.ts';
import { aResource } from '../../conformance/tenant.ts';
import type { Case, Cases, Situation } from './case.ts';
import { adopting, as, type Ground, inner, type Look, type Otherwise, portThere } from './look.ts';

const many = <T>(count: number, one: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => one(index));
const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

/** The tenant’s router is mapped to one that is there. */
function withRouter({ destination, tenant }: Ground, router: Partial<ApiRouter>): Otherwise {
  const there = { id: 'r-there', project_id: destination.projectId, name: 'r-there', routes: [], external_gateway_info: null };
  return {
    destination: { routers: [{ ...there, ...router }] },
    mappings: { routers: { [tenant.get('router').id]: { to: 'r-there' } } },
  };
}

/** The destination’s network that takes the place of the tenant’s external one. */
function external({ destination, tenant }: Ground): string {
  const to = tenant.mappings.networks[tenant.get('network').id]?.to ?? '';
  return destination.networks.find(({ id, name }) => id === to || name === to)?.id ?? '';
}

/** The external network there has so many addresses left. */
function withAddresses(ground: Ground, free: number): Otherwise {
  const subnet_ip_availability = [{ ip_version: 4, total_ips: 100, used_ips: 100 - free }];
  return { destination: { availability: [{ network_id: external(ground), subnet_ip_availability }] } };
}

/** The cases of networks, subnets, routers and interfaces at the destination. */
export function networkCases(look: Look): Cases {
  const plain = look('the plain tenant');
  const adopted = look('an adopted network with the tenant’s subnets', (ground) => adopting(ground));
  const ports = (what: string, there: DestinationState['ports']): Situation =>
    look(what, (ground) => adopting(ground, {}, { ports: there }));
  return {
    '*.unsupported_attribute': between(
      look('no MTU of its own', () => ({ destination: { lacks: new Set(['net-mtu-writable']) } })),
      look('an MTU of its own', () => ({ destination: { lacks: new Set() } })),
    ),
    'extension.absent': between(
      look('no static routes', () => ({ destination: { lacks: new Set(['extraroute']) } })),
      look('static routes', () => ({ destination: { lacks: new Set() } })),
    ),
    '*.name': between(
      look('a name with an emoji', (ground) => ({ resources: as(ground, 'network', { name: 'net 🐦' }) })),
      look('a name in Greek', (ground) => ({ resources: as(ground, 'network', { name: 'δίκτυο' }) })),
    ),
    '*.tag_limit': between(
      look('49 tags', (ground) => ({ resources: as(ground, 'network', { tags: many(49, (index) => `t${index}`) }) })),
      look('48 tags', (ground) => ({ resources: as(ground, 'network', { tags: many(48, (index) => `t${index}`) }) })),
    ),
    '*.limit': between(
      look('six name servers', (ground) => ({
        resources: as(ground, 'subnet', { dns_nameservers: many(6, (index) => `192.0.2.${index}`) }),
      })),
      look('five', (ground) => ({
        resources: as(ground, 'subnet', { dns_nameservers: many(5, (index) => `192.0.2.${index}`) }),
      })),
    ),
    'mapping.absent': between(
      look('a router that is mapped to none', ({ tenant }) => ({
        mappings: { routers: { [tenant.get('router').id]: { to: 'nowhere' } } },
      })),
      look('one that is created', ({ tenant }) => ({
        mappings: { routers: { [tenant.get('router').id]: { to: 'create' } } },
      })),
    ),
    'network.absent': between(
      look('a network that is mapped to none', (ground) => ({
        mappings: { networks: { ...ground.tenant.mappings.networks, [inner(ground).id]: { to: 'nowhere' } } },
      })),
      adopted,
    ),
    'network.external_unmapped': between(
      look('an external network without a mapping', () => ({ mappings: { networks: {} } })),
      plain,
    ),
    'network.not_external': between(
      look('an external network that is mapped to an inner one', (ground) => ({
        ...adopting(ground),
        mappings: { networks: { [ground.tenant.get('network').id]: { to: 'there' } } },
      })),
      plain,
    ),
    'network.addresses': between(
      look('one address for a gateway and a floating IP', (ground) => withAddresses(ground, 1)),
      look('two addresses for them', (ground) => withAddresses(ground, 2)),
    ),
    'network.shared': between(
      look('a shared network that is created', (ground) => ({ resources: as(ground, 'network', { shared: true }) })),
      look('a shared network that is adopted', (ground) => ({
        ...adopting(ground),
        resources: as(ground, 'network', { shared: true }),
      })),
    ),
    'network.mtu': between(
      look('an MTU of 1401 where 1400 is the largest', (ground) => ({
        destination: adopting(ground).destination ?? {},
        resources: as(ground, 'network', { mtu: 1401 }),
      })),
      look('an MTU of 1400', (ground) => ({
        destination: adopting(ground).destination ?? {},
        resources: as(ground, 'network', { mtu: 1400 }),
      })),
    ),
    'subnet.absent': between(
      look('an adopted network with another range', (ground) => adopting(ground, { cidr: '10.1.0.0/24' })),
      adopted,
    ),
    'subnet.differs': between(
      look('an adopted subnet with another gateway', (ground) => adopting(ground, { gateway_ip: '10.199.7.254' })),
      adopted,
    ),
    'subnet.addressing': between(
      look('an adopted subnet that makes addresses from MACs', (ground) => adopting(ground, { ipv6_ra_mode: 'slaac' })),
      look('one that does not', (ground) => adopting(ground, { ipv6_ra_mode: 'dhcpv6-stateful' })),
    ),
    'subnet.service_types': between(
      look('an adopted subnet for gateways alone', (ground) => adopting(ground, { service_types: ['network:router_gateway'] })),
      look('one for servers, as at the source', (ground) => ({
        ...adopting(ground, { service_types: ['compute:nova'] }),
        resources: as(ground, 'subnet', { service_types: ['compute:nova'] }),
      })),
    ),
    'subnet.overlap': between(
      look('an external range that holds the tenant’s', (ground) => ({
        destination: {
          subnets: ground.destination.subnets.map((one) => ({ ...one, cidr: '10.199.0.0/16', network_id: external(ground) })),
        },
      })),
      plain,
    ),
    'port.address_taken': between(
      ports('a port at the address', [portThere('10.199.7.2')]),
      ports('a port at the next one', [portThere('10.199.7.3')]),
    ),
    'port.mac_taken': between(
      ports('a port with the MAC', [portThere('10.199.7.3', { mac_address: 'FA:16:3E:77:00:11' })]),
      ports('a port with another', [portThere('10.199.7.3')]),
    ),
    'port.address_open': between(
      adopted,
      look('pools without the addresses', (ground) =>
        adopting(ground, { allocation_pools: [{ start: '10.199.7.200', end: '10.199.7.210' }] }),
      ),
    ),
    'port.gateway_address': between(
      look('a gateway at the address of a server', (ground) => adopting(ground, { gateway_ip: '10.199.7.2' })),
      look('one where the source has it too', (ground) => ({
        ...adopting(ground, { gateway_ip: '10.199.7.2' }),
        resources: as(ground, 'subnet', { gateway_ip: '10.199.7.2' }),
      })),
    ),
    'port.dns_name': between(
      look('a DNS name that is not the host name', (ground) => ({
        destination: { lacks: new Set() },
        resources: as(ground, 'port', { dns_name: 'db' }),
      })),
      look('the host name', (ground) => ({
        destination: { lacks: new Set() },
        resources: as(ground, 'port', { dns_name: 'web-1' }),
      })),
    ),
    'port.rights': between(
      look('another project’s network', (ground) => {
        const { destination, mappings = {} } = adopting(ground);
        const networks = (destination?.networks ?? []).map((one) => (one.id === 'there' ? { ...one, project_id: 'other' } : one));
        return { destination: { ...destination, networks }, mappings };
      }),
      adopted,
    ),
    'gateway.elsewhere': between(
      look('a mapped router without a gateway', (ground) => withRouter(ground, { external_gateway_info: null })),
      look('one with the same', (ground) => withRouter(ground, { external_gateway_info: { network_id: external(ground) } })),
    ),
    'routes.lacking': between(
      look('a mapped router without routes', (ground) => withRouter(ground, { routes: [] })),
      look('one with the same', (ground) => withRouter(ground, { routes: ground.tenant.get('routes').routes })),
    ),
    'interface.address_at_source': between(adopted, plain),
    'interface.address_taken': between(
      ports('a port at the router’s address', [portThere('10.199.7.1')]),
      ports('a port at another', [portThere('10.199.7.3')]),
    ),
    'quotas.untold': between(
      look('no quotas', () => ({ destination: { quotas: {} } })),
      plain,
    ),
    'quota.*': between(
      look('a quota of one server', () => ({ destination: { quotas: { instances: { limit: 1, used: 0 } } } })),
      look('a quota of two', () => ({ destination: { quotas: { instances: { limit: 2, used: 0 } } } })),
    ),
    ...groupCases(look),
    ...addressCases(look),
  };
}

function groupCases(look: Look): Cases {
  const mapped = (what: string, hasRules: boolean): Situation =>
    look(what, ({ tenant, destination }) => {
      const group = tenant.get('security_group');
      const rules = tenant.resources.filter((one) => one.kind === 'security_group_rule');
      const there = rules.map((rule) => ({
        ...rule,
        security_group_id: 'g-there',
        remote_group_id: rule.remote_group_id === group.id ? 'g-there' : null,
      }));
      const security_group_rules = hasRules ? there : [];
      return {
        destination: { groups: [{ id: 'g-there', project_id: destination.projectId, name: 'g-there', security_group_rules }] },
        mappings: { security_groups: { [group.id]: { to: 'g-there' } } },
      };
    });
  const mappedAddresses = (what: string, there: (addresses: readonly string[]) => readonly string[]): Situation =>
    look(what, ({ tenant, destination }) => {
      const { id, addresses } = tenant.get('address_group');
      const group = { id: 'a-there', project_id: destination.projectId, name: 'a-there', addresses: there(addresses) };
      return { destination: { targets: { address_groups: [group] } }, mappings: { address_groups: { [id]: { to: 'a-there' } } } };
    });
  const group = aResource('security_group', { id: 'default-group', name: 'default' });
  const withDefault = (what: string, hasThatOfThere: boolean, more: boolean): Situation =>
    look(what, ({ destination }) => {
      const { id, security_group_rules } = destination.defaultGroup;
      const same = security_group_rules.map((rule) =>
        aResource('security_group_rule', {
          ...rule,
          name: '',
          description: '',
          ethertype: rule.ethertype ?? 'IPv4',
          security_group_id: group.id,
          remote_group_id: rule.remote_group_id === id ? group.id : null,
        }),
      );
      const ssh = aResource('security_group_rule', {
        id: 'ssh',
        security_group_id: group.id,
        direction: 'ingress',
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
      });
      return { resources: [group, ...(hasThatOfThere ? same : []), ...(more ? [ssh] : [])] };
    });
  return {
    'address_group.differs': between(
      mappedAddresses('a mapped address group with other addresses', () => ['203.0.113.0/24']),
      mappedAddresses('one with the same', (addresses) => addresses),
    ),
    'security_group.widened': between(mapped('a mapped group without the rules', false), mapped('one with the same rules', true)),
    'security_group.default_open': between(
      withDefault('a default group that allows less', false, false),
      withDefault('one that allows the same', true, false),
    ),
    'security_group.default_widened': between(
      withDefault('a default group that allows more', true, true),
      withDefault('one that allows the same', true, false),
    ),
  };
}

/** Addresses of gateways and floating IPs, as members and admins may choose them. */
function addressCases(look: Look): Cases {
  const gateway = (what: string, ip: string, admin: boolean): Situation =>
    look(what, ({ tenant }) => ({
      destination: { admin },
      mappings: { gateways: { [tenant.get('router').id]: { ip } } },
    }));
  const floating = (what: string, to: string, more: Partial<DestinationState>): Situation =>
    look(what, ({ tenant }) => ({
      destination: more,
      mappings: { floating_ips: { [tenant.get('floating_ip').id]: { to } } },
    }));
  const own = (what: string, port_id: string | null): Situation =>
    look(what, ({ tenant, destination }) => ({
      destination: {
        floatingIps: [
          {
            id: 'f',
            project_id: destination.projectId,
            floating_network_id: 'ext',
            floating_ip_address: '172.24.10.9',
            port_id,
            fixed_ip_address: null,
            router_id: null,
          },
        ],
      },
      mappings: { floating_ips: { [tenant.get('floating_ip').id]: { to: '172.24.10.9' } } },
    }));
  const forwarded = (what: string, external_port: number): Situation =>
    look(what, ({ tenant, destination }) => {
      const [port] = tenant.resources.filter(({ kind }) => kind === 'port');
      const floating = aResource('floating_ip', { id: 'gate', floating_ip_address: '172.24.10.9', floating_network_id: 'ext' });
      const inside = { protocol: 'tcp', internal_port_id: port?.id ?? '', internal_ip_address: '10.199.7.20', internal_port: 80 };
      const wanted = aResource('port_forwarding', { id: 'web', floating_ip_id: 'gate', external_port: 8080, ...inside });
      const there = {
        id: 'f',
        project_id: destination.projectId,
        floating_network_id: 'ext',
        floating_ip_address: '172.24.10.9',
        port_id: null,
        fixed_ip_address: null,
        router_id: 'r',
      };
      const other = { ...inside, id: 'other', external_port, internal_port_id: 'other', internal_ip_address: '10.0.0.7' };
      return {
        resources: [...tenant.resources, floating, wanted],
        destination: { floatingIps: [there], forwardings: new Map([['f', [other]]]) },
        mappings: { floating_ips: { gate: { to: 'same' } } },
      };
    });
  const snat = (what: string, admin: boolean): Situation =>
    look(what, (ground) => ({ destination: { admin }, resources: as(ground, 'gateway', { enable_snat: false }) }));
  const sourceGateway = (what: string, ip: string): Situation =>
    look(what, (ground) => ({
      resources: as(ground, 'gateway', { external_fixed_ips: [{ subnet_id: 'ext', ip_address: '172.24.10.50' }] }),
      mappings: { gateways: { [ground.tenant.get('router').id]: { ip } } },
    }));
  const sourceFloating = (what: string, port_id: string | null): Situation =>
    look(what, (ground) => ({
      resources: as(ground, 'floating_ip', { port_id }),
      mappings: { floating_ips: { [ground.tenant.get('floating_ip').id]: { to: 'same' } } },
    }));
  const free = gateway('a free address, as an admin', '172.24.10.50', true);
  return {
    'gateway.snat_rights': between(snat('SNAT off, as a member', false), snat('SNAT off, as an admin', true)),
    'gateway.rights': between(gateway('an address, as a member', '172.24.10.50', false), free),
    'gateway.address_outside': between(gateway('an address outside', '10.1.1.1', true), free),
    'gateway.address_taken': between(gateway('the address of the way out', '172.24.10.1', true), free),
    'gateway.address_at_source': between(sourceGateway('the address of the source', 'same'), sourceGateway('any', 'auto')),
    'floating_ip.address_at_source': between(
      sourceFloating('the address of a virtual IP that no server holds', 'vip'),
      sourceFloating('that of no port', null),
    ),
    'floating_ip.in_use': between(own('an own address that another port has', 'another'), own('one that no port has', null)),
    'floating_ip.rights': between(
      floating('an address, as a member', '172.24.10.77', { admin: false }),
      floating('any address, as a member', 'auto', { admin: false }),
    ),
    'floating_ip.outside': between(
      floating('an address outside', '10.1.1.1', { admin: true }),
      floating('one inside', '172.24.10.77', { admin: true }),
    ),
    'port_forwarding.taken': between(
      forwarded('the external port leads to something else', 8080),
      forwarded('another one does', 8081),
    ),
    'floating_ip.taken': between(
      floating('the address of the way out', '172.24.10.1', { admin: true }),
      floating('a free one', '172.24.10.77', { admin: true }),
    ),
  };
}
