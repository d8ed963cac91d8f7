import type { BlockSource } from '../../../shared/cloud/cloud.ts';
import { openStored } from '../../../shared/cloud/openstack/open-stored.ts';

/** Opens a raw file as the provider opens a snapshot that it fetched: with its holes. */
export function openDisk(path: string, signal: AbortSignal): Promise<BlockSource> {
  return openStored(path, 'raw', signal);
}
