import { type MarkerOf, readMarker, removeMarker, writeMarker } from '../../shared/model/marker.ts';
import type { CopyCounts } from './copy/copy.ts';

/** The record of a sealed disk, as its marker holds it. */
export interface Sealed extends CopyCounts {
  readonly root: string;
  readonly size: number;
  readonly block_size: number;
}

/** The markers of a campaign's sealed disks. */
export class SealMarkers {
  readonly #campaign: { readonly id: string; readonly folder: string };

  constructor(id: string, folder: string) {
    this.#campaign = { id, folder };
  }

  /** The record of a sealed disk, or null. */
  async read(server: string, disk: string): Promise<Sealed | null> {
    const marker = await readMarker(this.#campaign.folder, markerOf(server, disk));
    return marker === null ? null : { ...(marker.counts as unknown as Sealed), root: marker.digest };
  }

  /** Writes the marker, durably. */
  async write(server: string, disk: string, { root, ...counts }: Sealed): Promise<void> {
    await writeMarker(this.#campaign, markerOf(server, disk), { digest: root, counts });
  }

  /** Removes the marker, durably: it MUST NOT certify bytes that may still change. */
  async remove(server: string, disk: string): Promise<void> {
    await removeMarker(this.#campaign.folder, markerOf(server, disk));
  }
}

function markerOf(server: string, disk: string): MarkerOf<'disk'> {
  return { kind: 'disk', server, disk };
}
