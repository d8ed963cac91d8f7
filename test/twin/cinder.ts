import { type Answer, type Call, type Route, route } from './route.ts';

function versions(call: Call): Answer {
  const links = [{ rel: 'self', href: `${call.cloud.url('volume')}/v3/` }];
  return {
    status: call.path === '/' ? 300 : 200,
    body: { versions: [{ id: 'v3.0', status: 'CURRENT', version: '3.70', min_version: '3.0', links }] },
  };
}

const none = (key: string) => (): Answer => ({ status: 200, body: { [key]: [] } });

/** Cinder, as a project without volumes sees it. */
export const volumeRoutes: readonly Route[] = [
  route('volume', 'GET', '/', versions, { open: true }),
  route('volume', 'GET', '/v3', versions, { open: true }),
  route('volume', 'GET', '/v3/:project/volumes', none('volumes')),
  route('volume', 'GET', '/v3/:project/volumes/detail', none('volumes')),
  route('volume', 'GET', '/v3/:project/snapshots', none('snapshots')),
  route('volume', 'GET', '/v3/:project/snapshots/detail', none('snapshots')),
  route('volume', 'GET', '/v3/:project/types', none('volume_types')),
];
