import { groupConcerns } from '../../../sender/plan/atomic-groups.ts';
import { concernsOf } from '../../../sender/plan/narrow.ts';
import { olderReceiver } from '../../../sender/plan/older-receiver.ts';
import { policyConcerns } from '../../../sender/plan/policies.ts';
import { withoutSkipped } from '../../../sender/plan/skip.ts';
import { goneConcerns, type HeldServer, staleSkips, withHeld } from '../../../sender/plan/staleness.ts';
import { supportedPart } from '../../../shared/cloud/supported.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { resourcesOf } from '../../../shared/model/configurations.ts';
import { kinds, type Ref } from '../../../shared/model/resource.ts';
import { spaceConcerns } from '../../../shared/model/space.ts';
import { aDocument, aPlan, aResource, aTenant } from '../build.ts';
import type { Case, Cases, Situation } from './case.ts';

const GiB = 2 ** 30;
const now = Date.parse('2026-11-21T12:00:00Z');

/** One cold server with a disk of so many GiB, under the policies of a plan. */
function policies(what: string, more: Readonly<Record<string, unknown>>, disk = 1): Situation {
  const document: Configurations = aTenant(2);
  const sized = { ...document, flavors: document.flavors.map((flavor) => ({ ...flavor, disk })) };
  return [what, () => policyConcerns(aPlan(sized, more), now, sized, [])];
}

function skipping(what: string, skip: readonly Ref[]): Situation {
  const document = aDocument({ routers: [aResource('router', { id: 'r1' })] });
  return [what, () => withoutSkipped(document, skip, 'plan.yaml').concerns];
}

/** A plan that skips a router, held against a project that has that one. */
function skippingLater(what: string, router: Ref): Situation {
  const document = aDocument({ routers: [aResource('router', { id: 'r1' })] });
  return [what, () => staleSkips(aPlan(document, { skip: [router] }), document).concerns];
}

function held(what: string, by: readonly HeldServer[]): Situation {
  return [what, () => withHeld(by, aTenant(2), [])];
}

/** A server with a disk of 10 GiB from an image that holds 2 GiB. */
function room(what: string, free: number): Situation {
  const image = aResource('image', { id: 'debian', disk_format: 'qcow2', size: 2 * GiB });
  const server = aResource('server', { id: 's', image_id: 'debian' });
  const disk = aResource('disk', { id: 's.root', server_id: 's', min_disk: 10, needs: [] });
  return [what, () => spaceConcerns([image, server, disk], free * GiB, 'the state directory')];
}

function building(what: string, lacking: readonly string[]): Situation {
  const built = new Set(kinds.filter((kind) => !lacking.includes(kind)));
  const document = aDocument({ keypairs: [aResource('keypair', { id: 'ops', name: 'ops' })] });
  return [what, () => supportedPart(resourcesOf(document), built).concerns];
}

/** A server at one address, which a plan probes. */
function probed(what: string, ip_address: string): Situation {
  const fixed_ips = [{ subnet_id: 'sub', ip_address }];
  const document = aDocument({
    ports: [aResource('port', { id: 'p1', network_id: 'net', device_id: 's1', fixed_ips })],
    servers: [aResource('server', { id: 's1', ports: ['p1'] })],
  });
  const waves = [{ name: 'one', servers: [{ id: 's1', probe: 'tcp:22' }] }];
  return [what, () => policyConcerns(aPlan(document, { waves }), now, document, [])];
}

const cutover = (at: string): Readonly<Record<string, unknown>> => ({
  calendar: { windows: [{ from: '22:00', to: '05:00' }] },
  waves: [{ name: 'one', servers: [{ id: 's1', mode: 'warm', cutover: `at ${at}` }] }],
});

/** A plan of the servers `s1` and `s2`, which have a volume in common, or nothing. */
function sharing(what: string, waves: readonly object[], volumes: readonly string[] = ['v1']): Situation {
  const attached = volumes.map((volume_id) => ({
    volume_id,
    boot_index: null,
    device: '',
    tag: null,
    delete_on_termination: false,
  }));
  const document = aDocument({ servers: ['s1', 's2'].map((id) => aResource('server', { id, volumes: attached })) });
  return [what, () => groupConcerns(aPlan(document, { waves }), document)];
}

const wave = (...ids: readonly string[]): object => ({ name: ids.join(), servers: ids.map((id) => ({ id })) });

const farm = (...servers: readonly object[]): Readonly<Record<string, unknown>> => ({
  waves: [{ name: 'farm', rolling: true, servers }],
});

const blackout = (to: string): Readonly<Record<string, unknown>> => ({ calendar: { blackout: [{ from: '2026-01-01', to }] } });

/** A project with a volume that no server has. */
const withLoneVolume = aDocument({
  disks: [aResource('disk', { id: 'v1.volume', server_id: 'v1', volume_id: 'v1' })],
  volumes: [aResource('volume', { id: 'v1', name: 'archive', disk_id: 'v1.volume', size: 1 })],
});

/** A project with an image that moves. */
const withImage = aDocument({
  disks: [aResource('disk', { id: 'i1.image', server_id: 'i1', image_id: 'i1' })],
  images: [aResource('image', { id: 'i1', name: 'golden', disk_id: 'i1.image' })],
});

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

/** The cases of a plan, of the room on both machines, and of a destination without some kinds. */
export const planCases: Cases = {
  'plan.skipped': between(skipping('a plan that skips a router', ['router/r1']), skipping('a plan that skips nothing', [])),
  'plan.skip_absent': between(
    skippingLater('a plan that skips a router which is gone', 'router/r2'),
    skippingLater('one that skips a router which is there', 'router/r1'),
  ),
  'server.in_campaign': between(
    held('a server of a campaign that is ready', [{ server: 's1', campaign: 'c1', state: 'ready' }]),
    held('servers of no open campaign', []),
  ),
  'server.gone': between(
    ['a plan with a server which is gone', () => goneConcerns('server', ['s1'])],
    ['one whose servers are there', () => goneConcerns('server', [])],
  ),
  'volume.in_campaign': between(
    [
      'a volume without a server, of a campaign that is ready',
      () => withHeld([{ server: 'v1', campaign: 'c1', state: 'ready' }], withLoneVolume, []),
    ],
    ['one of no open campaign', () => withHeld([], withLoneVolume, [])],
  ),
  'volume.gone': between(
    ['a plan with a volume that a server got since', () => goneConcerns('volume', ['v1'])],
    ['one whose volumes are as they were', () => goneConcerns('volume', [])],
  ),
  'volume.left_out': between(
    ['a plan that leaves a volume out', () => concernsOf([], aDocument({}), withLoneVolume)],
    ['one that names all', () => concernsOf([], withLoneVolume, withLoneVolume)],
  ),
  'volume.older_receiver': between(
    ['a receiver of an earlier release', () => olderReceiver(withLoneVolume, () => false)],
    ['one of this release', () => olderReceiver(withLoneVolume, () => true)],
  ),
  'image.in_campaign': between(
    ['an image of a campaign that is ready', () => withHeld([{ server: 'i1', campaign: 'c1', state: 'ready' }], withImage, [])],
    ['one of no open campaign', () => withHeld([], withImage, [])],
  ),
  'image.gone': between(
    ['a plan with an image that is gone', () => goneConcerns('image', ['i1'])],
    ['one whose images are there', () => goneConcerns('image', [])],
  ),
  'image.left_out': between(
    ['a plan that leaves an image out', () => concernsOf([], aDocument({}), withImage)],
    ['one that names all', () => concernsOf([], withImage, withImage)],
  ),
  'image.older_receiver': between(
    ['a receiver of an earlier release', () => olderReceiver(withImage, () => false)],
    ['one of this release', () => olderReceiver(withImage, () => true)],
  ),
  'space.short': between(room('less room than the image holds', 1), room('more than it holds', 3)),
  'space.tight': between(room('less room than the disk has', 9), room('as much as it has', 10)),
  'calendar.never': between(
    policies('a year of blackout', blackout('2028-01-01')),
    policies('a day of it', blackout('2026-01-02')),
  ),
  'calendar.too_short': between(
    policies('a window of 20 min for 100 GiB', { calendar: { windows: [{ from: '22:00', to: '22:20' }] } }, 100),
    policies('a window of a day for them', { calendar: { windows: [{}] } }, 100),
  ),
  'calendar.cutover': between(
    policies('a cutover at noon, outside of the window', cutover('2026-11-22T12:00:00Z')),
    policies('one at midnight, inside', cutover('2026-11-22T23:59:00Z')),
  ),
  'server.atomic_group': between(
    sharing('two that share a volume, in one wave', [wave('s1', 's2')]),
    sharing('two that share none', [wave('s1', 's2')], []),
  ),
  'server.group_split': between(
    sharing('two that share a volume, in two waves', [wave('s1'), wave('s2')]),
    sharing('in one wave', [wave('s1', 's2')]),
  ),
  'rolling.single': between(
    policies('a farm of one', farm({ id: 's1' })),
    policies('a farm of two', farm({ id: 's1' }, { id: 's2' })),
  ),
  'rolling.no_probe': between(
    policies('a first half without a probe', farm({ id: 's1' }, { id: 's2', probe: 'tcp:22' })),
    policies('a first half with one', farm({ id: 's1', probe: 'tcp:22' }, { id: 's2' })),
  ),
  'probe.unrouted': between(
    probed('a probe of a server at an address of every machine', '127.0.0.1'),
    probed('a probe of a server elsewhere', '10.0.0.5'),
  ),
  '*.unsupported': between(building('a destination without keypairs', ['keypair']), building('one with all kinds', [])),
};
