import type { Cloud } from '../cloud.ts';
import { startTransition, transitionOf } from './actions.ts';
import { removeServer } from './build.ts';
import { failServer, touchServer } from './instance.ts';

/**
 * Does at a start what ComputeManager._init_instance of nova-compute does: builds have failed,
 * deletions and power changes continue, snapshots are dropped and leave their image.
 */
export function resumeServers(cloud: Cloud): void {
  for (const server of [...cloud.state.servers.values()]) {
    const change = server.taskState === null ? undefined : transitionOf(server.taskState);
    if (server.taskState === 'deleting') removeServer(cloud, server);
    else if (server.vmState === 'building')
      failServer(cloud, server, 'Instance failed to spawn: the compute service was restarted.');
    else if (change !== undefined) startTransition(cloud, server, change);
    else if (server.taskState !== null) {
      server.taskState = null;
      touchServer(cloud, server);
    }
  }
  // Nobody fills these any more; Glance leaves them as they were.
  for (const image of cloud.state.images.values()) if (image.status === 'saving') image.status = 'queued';
  cloud.changed();
}
