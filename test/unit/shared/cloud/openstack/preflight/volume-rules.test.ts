import { expect, onTestFinished, test } from 'vitest';
import { Site } from '../../../../../../shared/cloud/openstack/builders/site.ts';
import { OpenStackDestination } from '../../../../../../shared/cloud/openstack/destination.ts';
import { readView, viewOf } from '../../../../../../shared/cloud/openstack/preflight/view.ts';
import { sharedTypes } from '../../../../../../shared/cloud/openstack/preflight/volume-rules.ts';
import { proposeMappings } from '../../../../../../shared/cloud/propose-mappings.ts';
import { type Mappings, noMappings } from '../../../../../../shared/model/mappings.ts';
import type { ResourceOf } from '../../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aDocument } from '../../../../../support/build.ts';
import type { TwinOptions } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';
import { signal } from '../a-source.ts';

type Volume = ResourceOf<'volume'>;

const aVolume = (fields: Partial<Volume> = {}): Volume =>
  aResource('volume', { id: crypto.randomUUID(), disk_id: 'a disk', size: 4, volume_type: '__DEFAULT__', ...fields });

async function aDestination(options: Partial<TwinOptions> = {}, user: 'demo' | 'admin' = 'demo') {
  const twin = await aFurnishedTwin(options);
  const cloud = new OpenStackDestination(await accessTo(twin.authUrl, user, 'demo'));
  onTestFinished(() => cloud.close());
  const codesFor = async (volumes: readonly Volume[], mappings: Mappings = noMappings): Promise<string[]> => {
    const { concerns } = await cloud.preflight(volumes, mappings, signal());
    return concerns.map(({ severity, code }) => `${severity} ${code}`);
  };
  return { twin, cloud, codesFor };
}

test('a volume that fits raises nothing', async () => {
  const { codesFor } = await aDestination();
  expect(await codesFor([aVolume({ availability_zone: 'nova' })])).toEqual([]);
});

test('a destination without block storage blocks', async () => {
  const { codesFor } = await aDestination({ withoutServices: ['volume'] });
  expect(await codesFor([aVolume()])).toEqual(['blocking volume.service']);
  expect(await codesFor([])).toEqual([]);
});

test('quotas of volumes and gigabytes, and the largest volume, block', async () => {
  const quotas = { volume: { volumes: 1, gigabytes: 7, per_volume_gigabytes: 3 } };
  const { codesFor } = await aDestination({ quotas });
  expect(await codesFor([aVolume(), aVolume()])).toEqual([
    'blocking volume.size',
    'blocking volume.size',
    'blocking quota.volumes',
    'blocking quota.gigabytes',
  ]);
});

test('a quota of one type blocks, beside those of all types: that of the type that a volume becomes', async () => {
  const quotas = { volume: { volumes: 10, gigabytes: 100, volumes___DEFAULT__: 1, 'gigabytes_very fast': 3, gigabytes_slow: 0 } };
  const { twin, codesFor } = await aDestination({ quotas });
  const admin = await aHand(twin, 'admin', 'demo');
  for (const name of ['very fast', 'slow']) await admin.ask('POST', 'volume', '/types', { volume_type: { name } });
  expect(await codesFor([aVolume(), aVolume()])).toEqual(['blocking quota.volumes___DEFAULT__']);
  const volume = aVolume({ volume_type: 'ssd' });
  const mappings = { ...noMappings, volume_types: { ssd: { to: 'very fast' } } };
  expect(await codesFor([volume], mappings)).toEqual(['blocking quota.gigabytes_very_fast']);
});

test('a type that the destination lacks blocks until it is mapped, and a zone that it lacks is told', async () => {
  const { codesFor } = await aDestination({ volumeZones: ['east'] });
  const volume = aVolume({ volume_type: 'fast', availability_zone: 'nova' });
  expect(await codesFor([volume])).toEqual(['blocking volume_type.missing', 'warning volume.zone']);
  const mappings = { ...noMappings, volume_types: { fast: { to: '__DEFAULT__' } } };
  expect(await codesFor([volume], mappings)).toEqual(['warning volume.zone']);
});

test('a zone that the plan names for a server is also that of its volumes, and is told where Cinder lacks it', async () => {
  const { cloud } = await aDestination({ volumeZones: ['east', 'nova'] });
  const volume = aVolume({ availability_zone: 'west' });
  const disk = aResource('disk', { id: volume.disk_id, server_id: 's', volume_id: volume.id });
  const told = async (availability_zone: string): Promise<string[]> => {
    const { concerns } = await cloud.preflight(
      [disk, volume],
      { ...noMappings, servers: { s: { availability_zone } } },
      signal(),
    );
    return concerns.filter(({ code }) => code === 'volume.zone').map(({ says }) => says);
  };
  expect(await told('nova:host')).toEqual([]);
  expect(await told('south')).toEqual([expect.stringContaining('(south)')]);
});

test('a server whose volume the document lacks is blocked', async () => {
  const { cloud } = await aDestination();
  const server = aResource('server', {
    id: 's1',
    power: 'running',
    flavor_id: 'f1',
    volumes: [{ volume_id: 'gone', boot_index: 0, device: '', tag: null, delete_on_termination: false }],
  });
  const { concerns } = await cloud.preflight([server], noMappings, signal());
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'volume.absent', severity: 'blocking' }));
});

test('a type with the same extra specs is proposed before one of the same name, and another is never taken', async () => {
  const { cloud, twin, codesFor } = await aDestination({}, 'admin');
  const admin = await aHand(twin, 'admin', 'demo');
  const make = (name: string, extra_specs: object) =>
    admin.ask('POST', 'volume', '/types', { volume_type: { name, extra_specs } });
  await make('fast', { kind: 'disk' });
  await make('quick', { kind: 'flash' });
  const facts = await cloud.facts(signal());
  const volumes = [
    aVolume({ volume_type: 'fast', type_specs: { kind: 'flash' } }),
    aVolume({ volume_type: 'slow', type_specs: { kind: 'tape' } }),
  ];
  const mappings = proposeMappings(aDocument({ volumes }), facts);
  expect(mappings.volume_types).toEqual({ fast: { to: 'quick' } });
  expect(await codesFor(volumes, mappings)).toEqual(['blocking volume_type.missing']);
  const asNamed = { ...noMappings, volume_types: { slow: { to: 'fast' }, fast: { to: 'fast' } } };
  expect(await codesFor(volumes, asNamed)).toEqual(['warning volume_type.differs', 'warning volume_type.differs']);
});

/** A destination with a type for several servers, and one for a single server. */
async function withTypes() {
  const destination = await aDestination();
  const admin = await aHand(destination.twin, 'admin', 'demo');
  for (const [name, spec] of [
    ['shared', '<is> True'],
    ['single', '<is> False'],
  ] as const) {
    const volume_type = { name, extra_specs: { multiattach: spec } };
    await admin.ask('POST', 'volume', '/types', { volume_type });
  }
  return destination;
}

test('a volume that several servers may have needs a type for several, or the plan accepts one for a single server', async () => {
  const { codesFor } = await withTypes();
  const shared = aVolume({ volume_type: 'shared', multiattach: true });
  expect(await codesFor([shared])).toEqual([]);
  const mappings: Mappings = { ...noMappings, volume_types: { shared: { to: 'single' } } };
  expect(await codesFor([shared], mappings)).toEqual(['blocking volume.multiattach']);
  expect(await codesFor([aVolume({ volume_type: null, multiattach: true })])).toEqual(['blocking volume.multiattach']);
  expect(await codesFor([aVolume({ volume_type: 'shared' })], mappings)).toEqual([]);
});

test('a type of which the credentials do not see whether it is for several servers is told, and blocks nothing', async () => {
  const { twin } = await withTypes();
  const state = await readView(new Site((await aHand(twin)).session), [], noMappings, signal());
  const unseen = { ...state, volumeTypes: [{ id: 't1', name: 'shared' }] };
  const shared = aVolume({ volume_type: 'shared', multiattach: true });
  const told = sharedTypes(viewOf(unseen, [shared], noMappings));
  expect(told.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['warning volume.multiattach']);
});
