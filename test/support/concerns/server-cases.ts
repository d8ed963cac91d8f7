import type { ApiServerGroup } from '../../../shared/cloud/openstack/api.ts';
import type { DestinationState } from '../../../shared/cloud/openstack/preflight/view.ts';
import type { Mappings } from '../../../shared/model/mappings.ts';
import type { ResourceOf } from '../../../shared/model/resource.ts';
import type { Case, Cases, Situation } from './case.ts';
import { as, type Ground, type Look } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${index}`);

/** The cases of servers, flavors, keypairs and zones at the destination. */
export function serverCases(look: Look): Cases {
  const plain = look('the plain tenant');
  const server = (what: string, fields: Partial<ResourceOf<'server'>>): Situation =>
    look(what, (ground) => ({ resources: as(ground, 'server', fields) }));
  return {
    'owner.changes': between(
      look('the credentials of an admin', () => ({ destination: { admin: true } })),
      look('those of a member', () => ({ destination: { admin: false } })),
    ),
    'server.name_refused': between(server('a name that begins with a blank', { name: ' a' }), server('a name', { name: 'a' })),
    'server.tags': between(server('49 tags', { tags: many(49) }), server('48 tags', { tags: many(48) })),
    'server.tag_refused': between(server('a tag with a comma', { tags: ['a,b'] }), server('one with a blank', { tags: ['a b'] })),
    'server.metadata': between(
      server('129 items', { metadata: Object.fromEntries(many(129).map((key) => [key, 'x'])) }),
      server('128 items', { metadata: Object.fromEntries(many(128).map((key) => [key, 'x'])) }),
    ),
    'server.metadata_refused': between(
      server('a key with a slash', { metadata: { 'a/b': 'x' } }),
      server('a key with a dot', { metadata: { 'a.b': 'x' } }),
    ),
    'server.description_size': between(
      server('256 characters', { description: 'x'.repeat(256) }),
      server('255 characters', { description: 'x'.repeat(255) }),
    ),
    'server.user_data_size': between(
      server('65,536 characters', { user_data: 'x'.repeat(65_536) }),
      server('65,535 characters', { user_data: 'x'.repeat(65_535) }),
    ),
    'keypair.other_key': between(
      look('another key of the name', ({ tenant }) => ({
        destination: { keypairs: [{ name: tenant.get('keypair').name, public_key: 'ssh-rsa AAAA' }] },
      })),
      look('the same key', ({ tenant }) => ({ destination: { keypairs: [tenant.get('keypair')] } })),
    ),
    'keypair.left_out': between(
      look('another key of the name, which no server uses', (ground) => ({
        destination: { keypairs: [{ name: ground.tenant.get('keypair').name, public_key: 'ssh-rsa AAAA' }] },
        resources: as(ground, 'server', { key_name: null }),
      })),
      look('another key of the name, which a server uses', ({ tenant }) => ({
        destination: { keypairs: [{ name: tenant.get('keypair').name, public_key: 'ssh-rsa AAAA' }] },
      })),
    ),
    'keypair.name': between(
      look('a name with a slash', (ground) => ({ resources: as(ground, 'keypair', { name: 'a/b' }) })),
      look('a name with a blank', (ground) => ({ resources: as(ground, 'keypair', { name: 'a b' }) })),
    ),
    ...serverGroupCases(look),
    ...flavorCases(look, plain),
    ...zoneCases(look),
  };
}

function serverGroupCases(look: Look): Cases {
  const group = (what: string, fields: Partial<ResourceOf<'server_group'>>, hosts: string[] | null = ['h1']): Situation =>
    look(what, (ground) => ({
      destination: { zones: [{ name: 'nova', available: true, hosts }] },
      resources: as(ground, 'server_group', fields),
    }));
  const there = (what: string, serverGroups: DestinationState['serverGroups']): Situation =>
    look(what, () => ({ destination: { serverGroups } }));
  const equal = ({ tenant }: Ground, ...ids: string[]): ApiServerGroup[] =>
    ids.map((id) => ({ ...tenant.get('server_group'), id, members: [] }));
  return {
    'server_group.rights': between(there('groups that a policy keeps', null), there('no groups', [])),
    'server_group.several': between(
      look('two equal groups', (ground) => ({ destination: { serverGroups: equal(ground, 'a', 'b') } })),
      look('an equal one', (ground) => ({ destination: { serverGroups: equal(ground, 'a') } })),
    ),
    'server_group.name_refused': between(group('a name that ends with a blank', { name: 'a ' }), group('a name', { name: 'a' })),
    'server_group.hosts': between(
      group('two servers that must lie apart, and one host', { policy: 'anti-affinity' }),
      group('two that may share it', { policy: 'anti-affinity', rules: { max_server_per_host: 2 } }),
    ),
    'server_group.hosts_untold': between(
      group('two servers that must lie apart, and unknown hosts', { policy: 'anti-affinity' }, null),
      group('two that should', { policy: 'soft-anti-affinity' }, null),
    ),
  };
}

function flavorCases(look: Look, plain: Situation): Cases {
  const mapped = (what: string, to: string | null, admin: boolean, fields: Partial<ResourceOf<'flavor'>> = {}): Situation =>
    look(what, (ground) => ({
      destination: { admin },
      resources: as(ground, 'flavor', fields),
      mappings: { flavors: to === null ? {} : { [ground.tenant.get('flavor').id]: { to } } },
    }));
  const disk = (what: string, fields: Partial<ResourceOf<'disk'>>): Situation =>
    look(what, (ground) => ({ resources: as(ground, 'disk', fields) }));
  const tiny = 'm1.tiny';
  return {
    'flavor.missing': between(mapped('no mapping', null, false), plain),
    'flavor.rights': between(mapped('a new one, as a member', 'create', false), mapped('a new one, as an admin', 'create', true)),
    'flavor.name_taken': between(
      mapped('a new one whose name there is', 'create', true, { name: tiny }),
      mapped('a new one of another name', 'create', true, { name: 'another' }),
    ),
    'flavor.smaller': between(mapped('one with less memory', tiny, false, { ram: 129 }), mapped('one with as much', tiny, false)),
    'flavor.hardware': between(
      mapped('one without the device', tiny, false, { extra_specs: { 'pci_passthrough:alias': 'gpu:1' } }),
      mapped('one without the CPU policy', tiny, false, { extra_specs: { 'hw:cpu_policy': 'dedicated' } }),
    ),
    'flavor.differs': between(
      mapped('one without the CPU policy', tiny, false, { extra_specs: { 'hw:cpu_policy': 'dedicated' } }),
      mapped('one with the same extra specs', tiny, false, { extra_specs: {} }),
    ),
    'flavor.zero_disk': between(
      mapped('one without a disk, as a member', 'm1.bare', false),
      mapped('one without a disk, as an admin', 'm1.bare', true),
    ),
    'flavor.disk': between(disk('a disk of 2 GiB for 1 GiB', { min_disk: 2 }), disk('a disk of 1 GiB', { min_disk: 1 })),
    'flavor.ram': between(disk('an image that wants 129 MiB', { min_ram: 129 }), disk('one that wants 128', { min_ram: 128 })),
  };
}

function zoneCases(look: Look): Cases {
  const zone = (what: string, wanted: string, admin: boolean, id?: string): Situation =>
    look(what, ({ tenant }) => {
      const servers: Mappings['servers'] = { [id ?? tenant.get('server').id]: { availability_zone: wanted } };
      return { destination: { admin, zones: [{ name: 'nova', available: true, hosts: ['h1'] }] }, mappings: { servers } };
    });
  return {
    'zone.no_server': between(zone('a zone for no server', 'nova', false, 'gone'), zone('a zone for a server', 'nova', false)),
    'zone.absent': between(zone('a zone that is not there', 'mars', false), zone('one that is', 'nova', false)),
    'zone.rights': between(zone('a host, as a member', 'nova:h1', false), zone('a host, as an admin', 'nova:h1', true)),
    'zone.host_absent': between(zone('a host that is not there', 'nova:h2', true), zone('one that is', 'nova:h1', true)),
  };
}
