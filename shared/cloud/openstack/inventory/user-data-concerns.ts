import { gunzipSync } from 'node:zlib';
import type { Concern } from '../../../model/concern.ts';
import { labelsOf } from '../../../model/labels.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiServer } from '../api.ts';
import type { Contents } from './contents.ts';
import { concern, type ServerRule } from './server-concern.ts';

/** Most bytes of user data that are looked at: what it decompresses to has no other bound. */
const mostBytes = 1024 * 1024;

/** What makes a file system, partition or volume anew: on Linux, in cloud-config, on Windows. */
const formats =
  /\b(mkfs|mke2fs|mkswap|wipefs|sgdisk|sfdisk|parted|pvcreate|vgcreate|fs_setup|disk_setup|Format-Volume|Initialize-Disk|Clear-Disk|diskpart)\b|\bdd\b[^\n]*\bof=\/dev\//i;

/** How a guest is kept from taking the first start of the new server for a new machine’s. */
const onceOnly =
  'Before the move, set `manual_cache_clean: true` in /etc/cloud/cloud.cfg.d of the guest, or make /etc/cloud/cloud-init.disabled; in Windows, disable the service cloudbase-init.';

/**
 * A new server has a new id, for which cloud-init runs user data as on the first boot of a machine
 * (cloud-init, "First boot determination"). What formats disks then finds disks with data on them.
 */
export const formatting: ServerRule = (server) => {
  const found = formats.exec(textOf(userDataOf(server)))?.[0];
  if (found === undefined) return null;
  return concern(
    'server.user_data_formats',
    'blocking',
    server,
    `has user data that may format disks (${found.trim()}), and that its guest may run again: the new server has another id, and cloud-init takes its first start for that of a new machine.`,
    `${onceOnly} Then accept it, or do so where it formats only what is empty: \`server.user_data_formats\` in \`mappings.accept\`. Or leave the server out.`,
  );
};

/** What the guests of some servers may run again, and what is not known of others. */
export function userDataConcerns({ scope, servers: all }: Contents, moving: readonly ApiServer[]): Concern[] {
  const labels = labelsOf(all);
  const about = (servers: readonly ApiServer[]): Pick<Concern, 'about'> =>
    servers.length === 1 ? { about: refOf('server', servers[0]?.id ?? '') } : {};
  const named = (servers: readonly ApiServer[]): string => {
    const names = servers.map(({ id, name }) => labels.get(id) ?? name).sort();
    return `${names.length === 1 ? 'Server' : 'Servers'} ${names.join(', ')}`;
  };
  const again = moving.filter((server) => userDataOf(server) !== '');
  const unread = scope.admin ? [] : moving.filter((server) => server['OS-EXT-SRV-ATTR:user_data'] === undefined);
  const runs: Concern = {
    code: 'server.user_data_again',
    severity: 'warning',
    ...about(again),
    says: `${named(again)}: the guest may run the user data again, for a new server has another id, and cloud-init takes its first start for that of a new machine.`,
    remedy: `Nothing, if it may run twice. ${onceOnly}`,
  };
  const unknown: Concern = {
    code: 'server.user_data',
    severity: 'warning',
    ...about(unread),
    says: `${named(unread)} may have user data, which only an admin may read; the new servers have none.`,
    remedy: 'Nothing for guests that read it at their first boot only. Capture as an admin to keep it.',
  };
  return [...(again.length === 0 ? [] : [runs]), ...(unread.length === 0 ? [] : [unknown])];
}

function userDataOf(server: ApiServer): string {
  return server['OS-EXT-SRV-ATTR:user_data'] ?? '';
}

/** The text of user data, which may be compressed; empty where it cannot be read. */
function textOf(encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== 0x1f8b) return bytes.toString('latin1');
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes }).toString('latin1');
  } catch {
    return '';
  }
}
