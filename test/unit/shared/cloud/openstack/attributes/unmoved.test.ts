import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ApiThing } from '../../../../../../shared/cloud/openstack/api.ts';
import { type SourceThing, unmovedConcerns } from '../../../../../../shared/cloud/openstack/attributes/unmoved.ts';
import type { Kind } from '../../../../../../shared/model/resource.ts';

const folder = join(import.meta.dirname, '../../../../../answers');

/**
 * What the answers of each folder are: recorded from a cloud of a release, or made after the
 * samples of the API references.
 */
const origins = readdirSync(folder).map((name) => ({
  folder: name,
  says: name === 'api-reference' ? 'an answer made after the API references’ samples' : `a real answer of a ${name} cloud`,
}));

/** Every answer that is kept, one of each kind, folder and sort of user. */
const answers = origins.flatMap((origin) =>
  readdirSync(join(folder, origin.folder)).flatMap((file) => {
    const kept = JSON.parse(readFileSync(join(folder, origin.folder, file), 'utf8')) as Record<string, ApiThing[]>;
    const kind = file.replace('.json', '') as Kind;
    return Object.entries(kept).flatMap(([user, all]) => all.map((answer) => [origin.says, kind, user, answer] as const));
  }),
);

function aThing(kind: Kind, answer: ApiThing): SourceThing {
  const { id = 'it', name = '' } = answer as { id?: string; name?: string };
  return { kind, id, name, answer };
}

const codes = (things: readonly SourceThing[]): string[] => unmovedConcerns(things).map(({ code }) => code);

describe('of a plain tenant', () => {
  test.each(answers)('%s for a %s to a %s has no attribute that is lost', (_, kind, _user, answer) => {
    expect(unmovedConcerns([aThing(kind, answer)])).toEqual([]);
  });

  test.each(answers)('%s for a %s to a %s, with an attribute that nobody knows, raises a concern', (_, kind, _user, answer) => {
    const things = [aThing(kind, { ...answer, invented: 'by a later release' })];
    expect(unmovedConcerns(things)).toMatchObject([{ code: `${kind}.unknown_attribute`, severity: 'warning' }]);
    expect(unmovedConcerns(things)[0]?.says).toContain('invented ("by a later release")');
  });
});

describe('an attribute that nobody knows', () => {
  test.each([[null], [''], [false], [[]], [{}]])('is passed over while it says nothing: %j', (value) => {
    expect(codes([aThing('network', { id: 'n', invented: value })])).toEqual([]);
  });

  test('is found inside the parts of one that is known', () => {
    const fixed_ips = [{ subnet_id: 's', ip_address: '10.0.0.1', weight: 3 }];
    const [concern] = unmovedConcerns([aThing('port', { id: 'p', name: 'web', fixed_ips })]);
    expect(concern).toMatchObject({ code: 'port.unknown_attribute', about: 'port/p' });
    expect(concern?.says).toContain('fixed_ips.weight (3) of port web');
  });

  test('does not show a value that may be a secret, and no more than the beginning of a long one', () => {
    const [secret, long] = unmovedConcerns([
      aThing('server', { id: 's', admin_password: 'opensesame', story: 'once '.repeat(100) }),
    ]);
    expect(secret?.says).toContain('not shown');
    expect(secret?.says).not.toContain('opensesame');
    expect(long?.says.length).toBeLessThan(200);
  });

  test('of a thousand things is one concern', () => {
    const ports = Array.from({ length: 1000 }, (_, index) =>
      aThing('port', { id: `p${index}`, name: `port ${index}`, invented: index }),
    );
    const concerns = unmovedConcerns(ports);
    expect(concerns).toHaveLength(1);
    expect(concerns[0]?.says).toMatch(/\(0 and others\) of ports port 0, port 1, .* and 990 more/);
    expect(concerns[0]?.about).toBeUndefined();
  });
});

describe('an attribute that cannot be carried', () => {
  test.each<[string, Kind, ApiThing]>([
    ['that an admin trusts a port', 'port', { trusted: true }],
    ['what an admin wrote for a port’s hardware', 'port', { 'binding:profile': { trusted: 'true' } }],
    ['that a subnet pool is the default one', 'subnet_pool', { is_default: true }],
    ['a routed provider network', 'network', { l2_adjacency: false }],
    ['the flavor of a router', 'router', { flavor_id: 'f' }],
    ['a second gateway', 'router', { external_gateways: [{ network_id: 'a' }, { network_id: 'b' }] }],
    ['the tags of an interface', 'interface', { tags: ['mine'] }],
    ['the certificates of an image', 'server', { trusted_image_certificates: ['c'] }],
    ['the description of a flavor', 'flavor', { description: 'ours' }],
    ['a kernel beside the disk', 'image', { kernel_id: 'k' }],
  ])('is told with its reason: %s', (_, kind, attributes) => {
    const concerns = unmovedConcerns([aThing(kind, attributes)]);
    expect(concerns).toMatchObject([{ code: `${kind}.not_carried`, severity: 'warning', about: `${kind}/it` }]);
    expect(concerns[0]?.says).toMatch(/ stays behind: .{10,}\.$/);
  });

  test.each<[string, Kind, ApiThing]>([
    ['Nova’s own owner of a port', 'port', { device_owner: 'compute:nova' }],
    ['what Nova notes when it binds a port', 'port', { 'binding:profile': { os_vif_delegation: true } }],
    ['our own tags of an interface', 'interface', { tags: ['godwit-campaign-1'] }],
    ['a network that is one segment', 'network', { l2_adjacency: true }],
    ['the one gateway of a router', 'router', { external_gateways: [{ network_id: 'a' }] }],
  ])('is passed over where nothing is lost: %s', (_, kind, attributes) => {
    expect(codes([aThing(kind, attributes)])).toEqual([]);
  });
});
