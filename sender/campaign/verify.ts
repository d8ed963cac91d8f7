import type { Result } from '../../protocol/messages.ts';
import type { Snapshot, SourceCloud } from '../../shared/cloud/source-cloud.ts';
import { sha256Of } from '../../shared/disk/whole-digest.ts';
import { makeFolder } from '../../shared/durable.ts';
import { showBytes } from '../../shared/print/units.ts';
import { diskFolder } from '../disks/folder.ts';
import type { Move } from '../migration/move.ts';
import type { Ask } from '../migration/phase.ts';
import { dropCopy } from '../migration/phases/copy.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';

/** The result of `sender verify` for one disk. */
export interface DiskVerdict {
  readonly server: string;
  readonly name: string;
  readonly disk: string;
  readonly sizeBytes: number;
  /**
   * The digest of the whole disk at the source, or of the copy where the source has none any more.
   */
  readonly sha256: string | null;
  readonly image: string | null;
  readonly agrees: boolean;
  /** One or more sentences. */
  readonly says: string;
}

/** What a verification works with. */
export interface VerifyTools {
  readonly source: SourceCloud;
  readonly ask: Ask;
  readonly signal: AbortSignal;
}

/**
 * Reads both sides of a finished campaign again: the snapshot at the source, the receiver's copy,
 * and what the destination says of the image. Writes on neither cloud.
 */
export async function verifyCampaign(campaign: Campaign, tools: VerifyTools): Promise<DiskVerdict[]> {
  const snapshots = await tools.source.snapshots(campaign.id, tools.signal);
  const verdicts: DiskVerdict[] = [];
  for (const move of campaign.moves().flatMap(({ moves }) => moves)) {
    for (const { id } of move.disks) {
      const snapshot = snapshots.findLast(({ disk, round }) => disk === id && round === 0) ?? ownSnapshot(campaign, move, id);
      verdicts.push(await verifyDisk(campaign, move, id, snapshot, tools));
    }
  }
  return verdicts;
}

/** An image of the project, which is its own snapshot; undefined for all else. */
function ownSnapshot({ journal }: Campaign, move: Move, disk: string): Snapshot | undefined {
  return move.kind === 'image' ? recall(move, journal).learned.snapshots?.[disk] : undefined;
}

async function verifyDisk(
  campaign: Campaign,
  move: Move,
  disk: string,
  snapshot: Snapshot | undefined,
  tools: VerifyTools,
): Promise<DiskVerdict> {
  const server = move.server.id;
  const [there, here] = await Promise.all([
    tools.ask('disk.verify', { campaign: campaign.id, server, disk }, tools.signal),
    snapshot === undefined ? null : readAgain(campaign, move, snapshot, tools),
  ]);
  const flaws = [...flawsBetween(here, there), ...there.flaws];
  const told = {
    server,
    name: move.server.name,
    disk,
    sizeBytes: here?.size ?? there.size,
    sha256: here?.sha256 ?? there.sha256,
  };
  // What a volume held was compared before its server was created, which changes it since.
  const place = there.image === null ? ', of which the volume was made' : ` and in image ${there.image}`;
  const well = `the same ${showBytes(told.sizeBytes)} at the source${there.image === null ? ' and' : ','} in the receiver's copy${place}`;
  return { ...told, image: there.image, agrees: flaws.length === 0, says: flaws.length === 0 ? well : flaws.join(' ') };
}

interface ReadAgain {
  readonly size: number;
  readonly sha256: string;
}

async function readAgain(
  { folder }: Campaign,
  move: Move,
  snapshot: Snapshot,
  { source, signal }: VerifyTools,
): Promise<ReadAgain> {
  const place = diskFolder(folder, move.server.id);
  await makeFolder(place);
  const opened = await source.open(snapshot, place, signal);
  try {
    return { size: opened.size, sha256: await sha256Of(opened, signal) };
  } finally {
    await opened.close();
    await dropCopy(move, { folder });
  }
}

/** What differs of a disk, by what both sides read; also where one of them read nothing. */
export function flawsBetween(here: ReadAgain | null, there: Pick<Result<'disk.verify'>, 'size' | 'sha256' | 'flaws'>): string[] {
  if (here === null) return ['The snapshot at the source is gone, so that nothing can be compared with it.'];
  // Why not is among the flaws that the receiver tells.
  if (there.sha256 === null) return there.flaws.length > 0 ? [] : ['The receiver read no copy, and told no reason.'];
  if (here.size !== there.size) return [`The source has ${here.size} bytes, the copy ${there.size}.`];
  return here.sha256 === there.sha256
    ? []
    : [`The copy differs from the source: SHA-256 ${there.sha256} instead of ${here.sha256}.`];
}
