import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DestinationCloud, DonorImage } from '../../../shared/cloud/destination-cloud.ts';
import { Semaphore } from '../../../shared/concurrency/semaphore.ts';
import { within } from '../../../shared/concurrency/within.ts';
import { makeFolder } from '../../../shared/durable.ts';
import type { Log } from '../../../shared/log.ts';
import { type Configurations, resourcesOf } from '../../../shared/model/configurations.ts';
import type { ResourceOf } from '../../../shared/model/resource.ts';
import { leastBytes } from '../../../shared/model/space.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import type { Shape } from '../store/digest-file.ts';
import { discardFolder } from '../store/disk-usage.ts';
import type { FreeSpace } from '../store/free-space.ts';
import { copyImage } from './image-copy.ts';

/** Which images may be donors, and their limits: bytes, as stored and as a guest sees them. */
export interface ImagePolicy {
  readonly images: 'none' | 'matching';
  readonly mostBytes: number;
}

/** The disks of a campaign for which images are donors. */
export interface CampaignDisks {
  /** What a disk was sealed with, or null. */
  sealed(server: string, disk: string): Promise<object | null>;
  /** Makes a raw file a donor; its digests are at `base`, or are computed and written there. */
  addDonor(file: string, base: string, shape: Shape, signal: AbortSignal): Promise<void>;
}

/** What image donors need. */
export interface ImageDonorTools {
  readonly cloud: () => Promise<DestinationCloud>;
  readonly freeSpace: FreeSpace;
  readonly log: Log;
  readonly policy: ImagePolicy;
}

/**
 * How long disks wait for their image: milliseconds. Later it is a donor for what is left of them.
 */
const patienceMs = 60_000;

/**
 * Images of the destination that are donors for one campaign: those with the digest of its servers'
 * images. A failure here only means that the sender is asked for the blocks.
 */
export class ImageDonors {
  readonly #folder: string;
  readonly #disks: CampaignDisks;
  readonly #tools: ImageDonorTools;
  readonly #over = new AbortController();
  /** Only one image is downloaded at a time. */
  readonly #fetching = new Semaphore(1);
  /** By the source's id of the image: its raw file, or null where there is none. */
  readonly #files = new Map<string, Promise<string | null>>();
  /**
   * By image and shape: `done` when it is a donor or cannot be one, `enough` also after a while.
   */
  readonly #added = new Map<string, { readonly done: Promise<void>; readonly enough: Promise<void> }>();
  #document: Configurations | null = null;

  constructor(folder: string, disks: CampaignDisks, tools: ImageDonorTools) {
    this.#folder = join(folder, 'images');
    this.#disks = disks;
    this.#tools = tools;
  }

  /** Downloads the images of a document's servers in turn, in the background. */
  begin(document: Configurations): void {
    this.#document = document;
    for (const image of imagesOf(document)) {
      if (this.#files.has(image.id)) continue;
      this.#files.set(
        image.id,
        this.#fetching.run(() => this.#fetch(image, document)),
      );
    }
  }

  /**
   * Resolves when a server's image is a donor for disks of this shape, when there is none, or after
   * a minute.
   */
  async ready(server: string, { blockSize, algorithm }: Pick<Shape, 'blockSize' | 'algorithm'>): Promise<void> {
    const image = this.#document?.servers.find(({ id }) => id === server)?.image_id ?? '';
    const file = this.#files.get(image);
    if (file === undefined) return;
    const base = `${image}.${algorithm}-${blockSize}`;
    let added = this.#added.get(base);
    if (added === undefined) {
      const done = this.#add(file, join(this.#folder, base), { blockSize, algorithm });
      added = { done, enough: within(patienceMs, done) };
      this.#added.set(base, added);
    }
    await added.enough;
  }

  /** Ends what is under way. Files stay for the next `begin`. */
  async close(): Promise<void> {
    this.#over.abort(new Problem('E_CANCELLED', 'Images are needed no more.'));
    await Promise.all([...this.#files.values(), ...[...this.#added.values()].map(({ done }) => done)]);
  }

  /**
   * Deletes every downloaded image once its disks are closed; returns the bytes they used on disk.
   */
  discard(): Promise<number> {
    return discardFolder(this.#folder);
  }

  /** The raw file of an image, or null: a failure here MUST NOT stop a campaign. */
  async #fetch(image: ResourceOf<'image'>, document: Configurations): Promise<string | null> {
    const { cloud, freeSpace, log, policy } = this.#tools;
    const { signal } = this.#over;
    const path = join(this.#folder, `${image.id}.raw`);
    try {
      if ((await stat(path).catch(() => null)) !== null) return path;
      if (await this.#isHere(image.id, document)) return null;
      const destination = await cloud();
      const donor = (await matching(destination, [image], policy, signal)).get(image.id);
      if (donor === undefined) return null;
      // The minimum that the disks need stays free for them.
      await freeSpace.mustHave(2 * donor.size + leastBytes(resourcesOf(document)));
      log.info({ image: donor.id, bytes: donor.size }, 'an image of the destination is downloaded as a donor');
      await makeFolder(this.#folder);
      await copyImage(destination, donor, path, { mostBytes: policy.mostBytes, freeSpace, signal });
      return path;
    } catch (error) {
      if (!signal.aborted) log.warn({ problem: asProblem(error), image: image.id }, 'an image of the destination is not used');
      return null;
    }
  }

  /** Whether a disk made from an image is verified here; it is a donor already. */
  async #isHere(image: string, { servers, disks }: Configurations): Promise<boolean> {
    const made = new Set(servers.filter(({ image_id }) => image_id === image).map(({ id }) => id));
    for (const { id, server_id } of disks)
      if (made.has(server_id) && (await this.#disks.sealed(server_id, id)) !== null) return true;
    return false;
  }

  async #add(file: Promise<string | null>, base: string, shape: Pick<Shape, 'blockSize' | 'algorithm'>): Promise<void> {
    const path = await file;
    if (path === null) return;
    const { signal } = this.#over;
    try {
      const { size } = await stat(path);
      await this.#disks.addDonor(path, base, { ...shape, size }, signal);
    } catch (error) {
      if (!signal.aborted) this.#tools.log.warn({ problem: asProblem(error), path }, 'an image of the destination is not used');
    }
  }
}

/** The images from which servers with disks of a document were made. */
export function imagesOf({ images, servers, disks }: Configurations): ResourceOf<'image'>[] {
  const moved = new Set(disks.map(({ server_id }) => server_id));
  const made = new Set(servers.filter(({ id }) => moved.has(id)).map(({ image_id }) => image_id));
  return images.filter(({ id }) => made.has(id)).map((image) => ({ kind: 'image', ...image }));
}

/**
 * The destination's image for each source image, by the source's id; none where the policy excludes
 * them.
 */
export async function matching(
  cloud: DestinationCloud,
  images: readonly ResourceOf<'image'>[],
  policy: ImagePolicy,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DonorImage>> {
  if (policy.images === 'none' || images.length === 0 || cloud.openImage === undefined) return new Map();
  const donors = (await cloud.donors?.(images, signal)) ?? [];
  return new Map(donors.filter(({ size }) => size <= policy.mostBytes).map((donor) => [donor.image, donor]));
}
