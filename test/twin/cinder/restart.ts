import type { Cloud } from '../cloud.ts';
import { removeVolume } from './fill.ts';
import { removeSnapshot } from './snapshots.ts';
import { touchVolume } from './volume.ts';

/**
 * Does at a start what VolumeManager.init_host of cinder-volume does: creations have failed,
 * deletions go on, and a volume that was being uploaded is as it was before.
 */
export function resumeVolumes(cloud: Cloud): void {
  for (const volume of [...cloud.state.volumes.values()]) {
    if (volume.status === 'deleting') removeVolume(cloud, volume);
    else if (volume.status === 'creating' || volume.status === 'downloading') volume.status = 'error';
    else if (volume.status === 'uploading' || volume.status === 'extending')
      volume.status = volume.attachments.length > 0 ? 'in-use' : 'available';
    else continue;
    touchVolume(cloud, volume);
  }
  for (const snapshot of [...cloud.state.volumeSnapshots.values()]) {
    if (snapshot.status === 'deleting') removeSnapshot(cloud, snapshot);
    if (snapshot.status === 'creating') snapshot.status = 'error';
  }
  cloud.changed();
}
