import { type Answer, type Call, type Route, route } from '../route.ts';

const version = (call: Call) => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${call.cloud.url('identity')}/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
});

const allVersions = (call: Call): Answer => ({ status: 300, body: { versions: { values: [version(call)] } } });

/** Version discovery of Keystone. */
export const identityVersionRoutes: readonly Route[] = [
  route('identity', 'GET', '/', allVersions, { open: true }),
  route('identity', 'GET', '/v3', (call) => ({ status: 200, body: { version: version(call) } }), { open: true }),
];
