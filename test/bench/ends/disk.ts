import type { BlockSource } from '../../../shared/cloud/cloud.ts';
import { openFile } from '../../../shared/disk/file.ts';

/** Opens a raw file as the provider opens a snapshot that it fetched. */
export function openDisk(path: string): Promise<BlockSource> {
  return openFile(path);
}
