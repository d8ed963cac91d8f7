import { join } from 'node:path';

/** Where a server's snapshots are made readable, below the campaign's folder. */
export function diskFolder(folder: string, server: string): string {
  return join(folder, 'disks', server);
}
