import { describe, expect, test } from 'vitest';
import type { ApiImage } from '../../../../../../shared/cloud/openstack/api.ts';
import { SourceGuard } from '../../../../../../shared/cloud/openstack/servers/source-guard.ts';

const ours = {
  id: 'i1',
  name: 'x',
  godwit_campaign: 'c',
  godwit_source: 'disk/s.root',
  godwit_attempt: '1',
  image_type: 'snapshot',
} as unknown as ApiImage;

describe('what may be asked of a source', () => {
  const { check } = new SourceGuard();
  const action = (verb: string) =>
    ({ method: 'POST', service: 'compute', path: '/servers/s1/action', body: { [verb]: null } }) as const;

  test('reading, stopping, starting and snapshots', () => {
    for (const verb of ['os-stop', 'os-start', 'createImage']) expect(() => check(action(verb))).not.toThrow();
    expect(() => check({ method: 'GET', service: 'network', path: '/ports', body: undefined })).not.toThrow();
  });

  test.each([
    action('os-resetState'),
    action('forceDelete'),
    action('lock'),
    { method: 'POST', service: 'compute', path: '/servers/s1/action', body: { 'os-stop': null, forceDelete: null } },
    { method: 'POST', service: 'compute', path: '/servers', body: {} },
    { method: 'DELETE', service: 'compute', path: '/servers/s1', body: undefined },
    { method: 'DELETE', service: 'network', path: '/ports/p1', body: undefined },
    { method: 'PUT', service: 'network', path: '/routers/r1', body: {} },
    { method: 'PATCH', service: 'image', path: '/images/i1', body: [] },
    { method: 'DELETE', service: 'image', path: '/images/i1', body: undefined },
  ] as const)('nothing else: $method $path', (call) => {
    expect(() => check(call)).toThrow(expect.objectContaining({ code: 'E_BUG' }));
  });

  test('an image is deleted only after its stamp was seen', () => {
    const guard = new SourceGuard();
    const call = { method: 'DELETE', service: 'image', path: '/images/i1', body: undefined } as const;
    for (const foreign of [
      { ...ours, godwit_campaign: undefined },
      { ...ours, godwit_campaign: 'another' },
      { ...ours, image_type: 'base' },
      // A user's snapshot of the moved server, where both projects are in one cloud.
      { ...ours, godwit_attempt: undefined },
    ])
      expect(() => guard.permitDelete(foreign, 'c')).toThrow(expect.objectContaining({ code: 'E_FORBIDDEN' }));
    expect(() => guard.check(call)).toThrow();
    guard.permitDelete(ours, 'c');
    expect(() => guard.check(call)).not.toThrow();
    expect(() => guard.check({ ...call, path: '/images/i2' })).toThrow();
  });
});
