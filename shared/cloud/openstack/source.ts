import type { BlockSource } from '../../disk/block-source.ts';
import type { Concern } from '../../model/concern.ts';
import type { Configurations } from '../../model/configurations.ts';
import { isOfLoneVolume } from '../../model/lone-volumes.ts';
import type { Resource, ResourceOf } from '../../model/resource.ts';
import { snapshotIn } from '../../model/snapshot-volumes.ts';
import { Problem } from '../../problem.ts';
import type { Patience } from '../patience.ts';
import type {
  LoneState,
  Recaptured,
  Recorded,
  RoundStamp,
  Selection,
  ServerState,
  Snapshot,
  SourceCloud,
  Stamp,
} from '../source-cloud.ts';
import { portraitOf } from './attributes/likeness.ts';
import { openImage } from './images/image-file.ts';
import {
  checkpointDisk,
  freezeDisk,
  mustBeFrozen,
  readImage,
  snapshotOf,
  stampedSnapshots,
  untilSnapshotable,
} from './images/snapshots.ts';
import { storedFormat, storedSnapshot } from './images/stored.ts';
import { takeInventory } from './inventory/inventory.ts';
import { recapture, recaptureImage, recaptureVolume } from './inventory/recapture.ts';
import { readActions, recordedSince } from './servers/generation.ts';
import { bring, changes, mayHaveRun, readState } from './servers/server-state.ts';
import { SourceGuard } from './servers/source-guard.ts';
import type { Access } from './session/access.ts';
import { CloudSession } from './session/session.ts';
import { mustBeFree } from './volumes/free.ts';
import { mustBeReadable } from './volumes/kept-snapshot.ts';
import { riskyVolumes } from './volumes/risky-volumes.ts';
import { snapshotVolume } from './volumes/snapshot-volume.ts';
import { type PermitOurs, releaseTemporary, temporariesOf, temporaryIn } from './volumes/temporary.ts';

/** Longest wait for the end of a temporary volume: milliseconds. */
const releaseTimeoutMs = 30 * 60_000;

/**
 * An OpenStack cloud as source. Its guard allows only start, stop, snapshot, temporary volumes, and
 * deletion of what we made.
 */
export class OpenStackSource implements SourceCloud {
  readonly #guard = new SourceGuard();
  readonly #session: CloudSession;

  constructor(access: Access) {
    this.#session = new CloudSession(access, this.#guard.check, 'source');
  }

  inventory(selection: Selection, signal: AbortSignal): Promise<{ document: Configurations; concerns: readonly Concern[] }> {
    return takeInventory(this.#session, selection, signal);
  }

  recapture(serverId: string, signal: AbortSignal): Promise<Recaptured> {
    return recapture(this.#session, serverId, signal);
  }

  riskyVolumes(serverId: string, signal: AbortSignal): Promise<readonly string[]> {
    return riskyVolumes(this.#session, serverId, signal);
  }

  mayHaveRunSince(serverId: string, generation: string, signal: AbortSignal): Promise<boolean> {
    return mayHaveRun(this.#session, serverId, generation, signal);
  }

  async recordedSince(serverId: string, generation: string, signal: AbortSignal): Promise<Recorded> {
    return recordedSince(generation, await readActions(this.#session, serverId, signal));
  }

  state(serverId: string, signal: AbortSignal): Promise<ServerState> {
    return readState(this.#session, serverId, signal);
  }

  loneState(kind: 'volume' | 'image', id: string, signal: AbortSignal): Promise<LoneState> {
    return kind === 'volume' ? recaptureVolume(this.#session, id, signal) : recaptureImage(this.#session, id, signal);
  }

  async stop(serverId: string, patience: Patience): Promise<void> {
    await bring(this.#session, serverId, changes.stop, patience);
  }

  async start(serverId: string, patience: Patience): Promise<void> {
    await bring(this.#session, serverId, changes.start, patience);
  }

  freeze(disk: ResourceOf<'disk'>, stamp: Stamp, patience: Patience): Promise<Snapshot> {
    if (disk.image_id !== null) return storedSnapshot(this.#session, disk.id, disk.image_id, patience.signal);
    if (disk.volume_id === null) return freezeDisk(this.#session, disk, stamp, patience);
    const kept = snapshotIn(disk.volume_id);
    const must = kept !== null ? mustBeReadable : isOfLoneVolume(disk) ? mustBeFree : mustBeFrozen;
    const ready = (): Promise<void> => must(this.#session, kept ?? disk.server_id, patience);
    const tools = { ready, permit: this.#permitFor(stamp.campaign) };
    return snapshotVolume(this.#session, disk, { ...stamp, round: 0 }, patience, tools);
  }

  checkpoint(disk: ResourceOf<'disk'>, stamp: RoundStamp, patience: Patience): Promise<Snapshot> {
    if (disk.volume_id === null) return checkpointDisk(this.#session, disk, stamp, patience);
    const ready = (): Promise<void> => untilSnapshotable(this.#session, disk.server_id, patience);
    return snapshotVolume(this.#session, disk, stamp, patience, { ready, permit: this.#permitFor(stamp.campaign) });
  }

  open(
    snapshot: Snapshot,
    folder: string,
    signal: AbortSignal,
    onBytes?: (bytes: number, total: number) => void,
  ): Promise<BlockSource> {
    return openImage(this.#session, snapshot.id, folder, signal, onBytes, snapshot.format === storedFormat);
  }

  async release(snapshotId: string, campaign: string, signal: AbortSignal): Promise<void> {
    const temporary = temporaryIn(snapshotId);
    if (temporary !== null) {
      const patience = { timeoutMs: releaseTimeoutMs, signal };
      return releaseTemporary(this.#session, temporary, this.#permitFor(campaign), patience);
    }
    const image = await readImage(this.#session, snapshotId, signal);
    if (image === null) return;
    this.#guard.permitDelete(image, campaign);
    const path = `/images/${image.id}`;
    await this.#session.call({ method: 'DELETE', service: 'image', path, mayBeGone: true, signal });
  }

  async snapshots(campaign: string, signal: AbortSignal): Promise<readonly Snapshot[]> {
    if (campaign === '') throw new Problem('E_BUG', 'Snapshots are looked for by campaign.');
    const images = await stampedSnapshots(this.#session, { godwit_campaign: campaign }, signal);
    return [...(await temporariesOf(this.#session, campaign, signal)), ...images.map(snapshotOf)];
  }

  portrait(resource: Resource): Readonly<Record<string, unknown>> {
    return portraitOf(resource);
  }

  #permitFor(campaign: string): PermitOurs {
    return (kind, thing) => this.#guard.permitTemporary(kind, thing, campaign);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
