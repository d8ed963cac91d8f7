import type { Configurations } from '../../../shared/model/configurations.ts';
import { diskBytesOf } from '../../../shared/model/space.ts';
import type { OlderInput } from '../traffic/import-older.ts';

const bytesPerGiB = 2 ** 30;

/**
 * A server that moves. Unknown sizes are null; `memory` is MiB and `storage` GiB, except in the
 * older input.
 */
export interface MovingServer {
  readonly id: string;
  readonly name: string;
  readonly diskBytes: number | null;
  /** Bytes that are copied at least: the size of its image. */
  readonly leastBytes: number;
  readonly sizes: { readonly cpu: number; readonly memory: number; readonly storage: number } | null;
  readonly warm: boolean;
}

/** A server of which only the id is known, or also the name. */
export function unknownServer(id: string, name = id): MovingServer {
  return { id, name: name === '' ? id : name, diskBytes: null, leastBytes: 0, sizes: null, warm: false };
}

/** The servers of a document. */
export function serversOf({ servers, flavors, disks, images }: Configurations): MovingServer[] {
  const imageById = new Map(images.map((image) => [image.id, image]));
  return servers.map((server) => {
    const { id, name, image_id, vcpus, memory_mib } = server;
    const image = imageById.get(image_id ?? '');
    const diskBytes = diskBytesOf(server, { flavors, disks, images });
    const stored = image?.size ?? 0;
    return {
      id,
      name: name === '' ? id : name,
      diskBytes: diskBytes || null,
      warm: false,
      // A raw image may consist mostly of zeros.
      leastBytes: image?.disk_format === 'qcow2' ? stored : 0,
      sizes: vcpus === null || memory_mib === null ? null : { cpu: vcpus, memory: memory_mib, storage: diskBytes / bytesPerGiB },
    };
  });
}

/** The servers of the older analyser's input. */
export function olderServers({ servers }: OlderInput): MovingServer[] {
  return servers.map(({ id, cpu, memory, storage }) => ({
    id,
    name: id,
    diskBytes: storage * bytesPerGiB || null,
    leastBytes: 0,
    warm: false,
    sizes: { cpu, memory, storage },
  }));
}
