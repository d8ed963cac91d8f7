import type { ResourceOf } from '../../../model/resource.ts';
import type { ApiAttachment, ApiServer } from '../api.ts';
import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

/** Whether the server's disk is a volume: Nova then names no image. */
export function bootsFromVolume({ image }: Pick<ApiServer, 'image'>): boolean {
  return image === null || image === '' || image.id === '';
}

/** The volumes of a server, as Nova tells them, in its order. */
export async function readAttachments(session: CloudSession, server: ApiServer, signal: AbortSignal): Promise<ApiAttachment[]> {
  if ((server['os-extended-volumes:volumes_attached'] ?? []).length === 0) return [];
  const path = `/servers/${encodeURIComponent(server.id)}/os-volume_attachments`;
  const { body } = await session.call({ method: 'GET', service: 'compute', path, signal });
  return [...partOf<readonly ApiAttachment[]>(body, 'volumeAttachments', `GET ${path}`)];
}

/**
 * Describes how a server has its volumes, in the order of their devices. Nova shows no boot index:
 * the root is the device that it names to admins, else the first of its bus.
 */
export function describeAttachments(server: ApiServer, attachments: readonly ApiAttachment[]): ResourceOf<'server'>['volumes'] {
  const root = bootsFromVolume(server) ? rootOf(server, attachments) : undefined;
  const flags = new Map(
    (server['os-extended-volumes:volumes_attached'] ?? []).map(({ id, delete_on_termination }) => [id, delete_on_termination]),
  );
  return inDeviceOrder(attachments).map((one) => ({
    volume_id: one.volumeId,
    boot_index: one === root ? 0 : null,
    device: one.device ?? '',
    tag: one.tag ?? null,
    delete_on_termination: one.delete_on_termination ?? flags.get(one.volumeId) ?? false,
  }));
}

/** The volume that a server boots from; undefined where that cannot be told. */
export function rootOf(server: ApiServer, attachments: readonly ApiAttachment[]): ApiAttachment | undefined {
  const named = server['OS-EXT-SRV-ATTR:root_device_name'];
  const told = attachments.filter(({ device }) => device != null && device === named);
  if (told.length === 1) return told[0];
  // `vda`, `sda`, `xvda`: the first device of a bus.
  const first = attachments.filter(({ device }) => /[a-z]da$/.test(device ?? ''));
  return first.length === 1 ? first[0] : undefined;
}

/** `/dev/vdb` comes before `/dev/vdaa`; those without a device keep Nova's order. */
function inDeviceOrder(attachments: readonly ApiAttachment[]): ApiAttachment[] {
  const device = (one: ApiAttachment): string => one.device ?? '';
  return [...attachments].sort((a, b) => {
    if (device(a) === '' || device(b) === '') return 0;
    return device(a).length - device(b).length || (device(a) < device(b) ? -1 : 1);
  });
}
