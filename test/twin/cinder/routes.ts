import { type Answer, type Call, type Route, route } from '../route.ts';
import { volumeActionRoutes } from './actions.ts';
import { attachmentRoutes } from './attachments.ts';
import { keptRoutes } from './keeps.ts';
import { messageRoutes } from './messages.ts';
import { volumeQuotaRoutes } from './quotas.ts';
import { volumeSnapshotRoutes } from './snapshots.ts';
import { volumeTypeRoutes } from './types.ts';
import { ownVolumeRoutes } from './volumes.ts';

function versions(call: Call): Answer {
  const links = [{ rel: 'self', href: `${call.cloud.url('volume')}/v3/` }];
  const version = `3.${call.cloud.settings.cinderMinor}`;
  return {
    status: call.path === '/' ? 300 : 200,
    body: { versions: [{ id: 'v3.0', status: 'CURRENT', version, min_version: '3.0', links }] },
  };
}

/** The routes of Cinder. */
export const volumeRoutes: readonly Route[] = [
  route('volume', 'GET', '/', versions, { open: true }),
  route('volume', 'GET', '/v3', versions, { open: true }),
  ...ownVolumeRoutes,
  ...volumeActionRoutes,
  ...attachmentRoutes,
  ...volumeSnapshotRoutes,
  ...keptRoutes,
  ...volumeTypeRoutes,
  ...volumeQuotaRoutes,
  ...messageRoutes,
  route('volume', 'GET', '/v3/:project/os-availability-zone', ({ cloud }) => ({
    status: 200,
    body: {
      availabilityZoneInfo: cloud.settings.volumeZones.map((zoneName) => ({ zoneName, zoneState: { available: true } })),
    },
  })),
];
