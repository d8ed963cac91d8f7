import { expect, test } from 'vitest';
import { aboutProxies } from '../../../../../../shared/cloud/openstack/session/transport.ts';

test('where the environment names a proxy, a cloud that is not reached is told to need a way without', () => {
  expect(aboutProxies({ PATH: '/bin', HTTPS_PROXY: 'http://proxy.test:3128' })).toMatch(
    /HTTPS_PROXY is set, and Godwit uses none/,
  );
  expect(aboutProxies({ PATH: '/bin', https_proxy: '' })).toBeUndefined();
});
