import type { ApiVolume } from '../../../shared/cloud/openstack/api.ts';
import type { Contents } from '../../../shared/cloud/openstack/inventory/contents.ts';
import { described } from '../../../shared/cloud/openstack/inventory/inventory.ts';
import { movedKey } from '../../../shared/cloud/openstack/stamp.ts';
import type { ResourceOf } from '../../../shared/model/resource.ts';
import { aResource } from '../../conformance/tenant.ts';
import type { Case, Cases, Situation } from './case.ts';
import { as, type Look, type Otherwise } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

/** A volume that the first server has. */
function aVolume(contents: Contents, fields: Partial<ApiVolume>): ApiVolume {
  return {
    id: 'v1',
    name: 'data',
    status: 'in-use',
    size: 4,
    volume_type: null,
    availability_zone: 'nova',
    bootable: 'true',
    metadata: {},
    attachments: [{ server_id: contents.servers[0]?.id ?? '' }],
    ...fields,
  };
}

type Change = (contents: Contents) => Partial<Contents>;

/** The contents whose first server has a volume, at a device. */
const having =
  (fields: Partial<ApiVolume> = {}, device = '/dev/vda', more: Change = () => ({})): Change =>
  (contents) => ({
    volumes: [aVolume(contents, fields)],
    attachments: new Map([[contents.servers[0]?.id ?? '', [{ volumeId: 'v1', device }]]]),
    ...more(contents),
  });

const connectedAs = (driver: string, format: string | null = null): Change =>
  having({}, '/dev/vda', () => ({ connections: new Map([['v1', { driver, format, followed: true }]]) }));

/** A snapshot of the volume, and whether it becomes a volume. */
const withSnapshot =
  (flattens: boolean): Change =>
  () => ({ snapshots: [{ id: 'sn1', name: 'monday', status: 'available', size: 4, volume_id: 'v1', metadata: {} }], flattens });

const withoutImage: Change = ({ servers }) => ({ servers: servers.map((server) => ({ ...server, image: '' as const })) });

/** The cases of a capture that are about volumes. */
export function volumeCaptureCases(read: () => Contents): Cases {
  const when = (what: string, change: Change): Situation => [
    what,
    async () => (await described({ ...read(), ...change(read()) }, true)).concerns,
  ];
  const quota =
    (limit: number): Change =>
    () => ({ quotas: { volumes: { limit, used: 3 } } });
  const plain = when('a volume of one server', having());
  const mover = '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de';
  /** A volume that no server has, and the mark that it has. */
  const marked =
    (mark: string): Change =>
    (contents) => ({
      volumes: [aVolume(contents, { status: 'available', attachments: [], metadata: { [movedKey]: mark } })],
    });
  return {
    'server.volume_unseen': between(when('one that Cinder does not show', having({ id: 'another' })), plain),
    'server.volume_multiattach': between(
      when('one that a server has, too, which does not move', having({ attachments: [{ server_id: 's1' }, { server_id: 'x' }] })),
      when('one that several may have, and one has', having({ multiattach: true })),
    ),
    'server.root_shared': between(
      when(
        'one from which the server boots, and that another has',
        having({ attachments: [{ server_id: 's1' }, { server_id: 's1' }] }, '/dev/vda', withoutImage),
      ),
      when('one that another has, too', having({ attachments: [{ server_id: 's1' }, { server_id: 's1' }] })),
    ),
    'server.volume_encrypted': between(when('an encrypted one', having({ encrypted: true })), plain),
    'server.volume_state': between(when('one that is being uploaded', having({ status: 'uploading' })), plain),
    'server.volume_snapshot': between(
      when('a raw file on NFS', connectedAs('nfs', 'raw')),
      when('a qcow2 file on NFS', connectedAs('nfs', 'qcow2')),
    ),
    'server.volume_serial': between(
      plain,
      when('a server without volumes', () => ({})),
    ),
    'server.boot_unknown': between(
      when('a server without an image, and a volume that is not the first', having({}, '/dev/vdc', withoutImage)),
      when('and one that is the first', having({}, '/dev/vda', withoutImage)),
    ),
    'volume.unseen': between(
      when('volumes that may not be listed', () => ({ volumes: null })),
      plain,
    ),
    'volume.snapshot_unseen': between(
      when(
        'snapshots that may not be listed',
        having({}, '/dev/vda', () => ({ snapshots: null })),
      ),
      plain,
    ),
    'volume.snapshot_flattened': between(
      when('a plan that makes volumes of snapshots', having({}, '/dev/vda', withSnapshot(true))),
      when('one that leaves them', having({}, '/dev/vda', withSnapshot(false))),
    ),
    'volume.marked': between(
      when('one without a server that names a campaign as moved', marked(mover)),
      when('one that names another volume, too, from whose backup it was restored', marked(`${mover} another`)),
    ),
    'volume.source_room': between(
      when('a quota without room for another volume', having({}, '/dev/vda', quota(3))),
      when('one with room', having({}, '/dev/vda', quota(4))),
    ),
  };
}

/** The cases of volumes at the destination. */
export function volumeCases(look: Look): Cases {
  const volume = aResource('volume', { id: 'v1', disk_id: 'v1.volume', size: 4, volume_type: 'fast', availability_zone: 'nova' });
  const types = [{ id: 't1', name: 'fast' }];
  const zones = ['nova'];
  const whole = { volumeTypes: types, volumeZones: zones };
  const when = (
    what: string,
    destination: Otherwise['destination'] = {},
    fields: Partial<ResourceOf<'volume'>> = {},
  ): Situation =>
    look(what, ({ tenant }) => ({
      destination: { ...whole, ...destination },
      resources: [...tenant.resources, { ...volume, ...fields }],
    }));
  const fits = when('a volume whose type and zone are there');
  const largest = (limit: number) => ({ quotas: { per_volume_gigabytes: { limit, used: 0 } } });
  const attached = { volume_id: 'v1', boot_index: null, device: '', tag: null, delete_on_termination: true };
  const server = (what: string, lacks: readonly string[], resources: readonly ResourceOf<'volume'>[]): Situation =>
    look(what, (ground) => ({
      destination: { ...whole, lacks: new Set(lacks) },
      resources: [...as(ground, 'server', { volumes: [attached] }), ...resources],
    }));
  const specs = (extra: string) => ({ volumeTypes: [{ id: 't1', name: 'fast', extra_specs: { kind: extra } }] });
  const shared = { multiattach: true };
  const forSeveral = (spec: string) => ({ volumeTypes: [{ id: 't1', name: 'fast', extra_specs: { multiattach: spec } }] });
  /** A volume that one server has, or two. */
  const heldBy = (what: string, spec: string, ids: readonly string[], lacks: readonly string[] = []): Situation =>
    look(what, (ground) => {
      const [first] = as(ground, 'server', { volumes: [attached] }).filter(({ kind }) => kind === 'server');
      const servers = ids.map((id) => ({ ...first, id }) as ResourceOf<'server'> & { kind: 'server' });
      const others = ground.tenant.resources.filter(({ kind }) => kind !== 'server');
      return {
        destination: { ...whole, ...forSeveral(spec), lacks: new Set(lacks) },
        resources: [...others, ...servers, { ...volume, ...shared }],
      };
    });
  const flash = { type_specs: { kind: 'flash' } };
  return {
    'volume.service': between(when('a destination without block storage', { volumeTypes: null }), fits),
    'volume.size': between(when('volumes of 3 GiB at the most', largest(3)), when('of 4 GiB', largest(4))),
    'volume.zone': between(when('another zone', { volumeZones: ['east'] }), fits),
    'volume.absent': between(
      server('a server whose volume is not in the document', [], []),
      server('one whose volume is', [], [volume]),
    ),
    'server.volume_kept': between(server('a destination before 2.85', ['2.85'], [volume]), server('a newer one', [], [volume])),
    'volume.multiattach': between(
      when('one that several servers may have, and a type for one', forSeveral('<is> False'), shared),
      when('a type for several', forSeveral('<is> True'), shared),
    ),
    'volume.multiattach_needed': between(
      heldBy('one that two servers have, and a type for one', '<is> False', ['s1', 's2']),
      heldBy('one that one has', '<is> False', ['s1']),
    ),
    'volume.multiattach_refused': between(
      heldBy('a destination before 2.60', '<is> True', ['s1'], ['2.60']),
      heldBy('a newer one', '<is> True', ['s1']),
    ),
    'volume_type.missing': between(when('another type', { volumeTypes: [{ id: 't2', name: 'slow' }] }), fits),
    'volume_type.differs': between(when('other extra specs', specs('tape'), flash), when('the same ones', specs('flash'), flash)),
  };
}
