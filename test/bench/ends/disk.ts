import { openStored } from '../../../shared/cloud/openstack/images/open-stored.ts';
import type { BlockSource } from '../../../shared/disk/block-source.ts';

/** Opens a raw file as the provider opens a snapshot that it fetched: with its holes. */
export function openDisk(path: string, signal: AbortSignal): Promise<BlockSource> {
  return openStored(path, 'raw', signal);
}
