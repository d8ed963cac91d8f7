import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceCloud } from '../../../shared/cloud/source-cloud.ts';
import { makeFolder } from '../../../shared/durable.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Move } from '../../migration/move.ts';
import { mustBeAsFrozen } from '../../migration/phases/alone.ts';
import { mustBeStopped } from '../../migration/phases/freeze.ts';
import { recall } from '../../migration/recall.ts';
import type { Campaign } from '../campaign.ts';
import { type DiskToWrite, writeBundle } from './write.ts';

/**
 * Writes the bundle of a campaign whose servers are all frozen. Before the disks of a server are
 * read, it is seen stopped and not started since; before a lone volume is read, it is seen unused.
 */
export function bundleOf(campaign: Campaign, source: SourceCloud, signal: AbortSignal): AsyncGenerator<Buffer> {
  const moves = campaign.moves().flatMap((wave) => wave.moves.map((move) => recall(move, campaign.journal)));
  const folder = join(campaign.folder, 'export');
  const disks = moves.flatMap((move) =>
    move.disks.map(
      (disk): DiskToWrite => ({
        server: move.server.id,
        disk: disk.id,
        open: async () => {
          if (move.kind !== 'server') await mustBeAsFrozen(move, { source }, signal);
          else await mustBeStopped(move, source, signal);
          const snapshot = move.learned.snapshots?.[disk.id];
          if (snapshot === undefined)
            throw new Problem('E_BUG', `Disk ${disk.id} has no snapshot.`, { about: `disk/${disk.id}` });
          await makeFolder(folder);
          const opened = await source.open(snapshot, folder, signal);
          return {
            size: opened.size,
            read: (...given) => opened.read(...given),
            close: async () => {
              await opened.close();
              await rm(folder, { recursive: true, force: true });
            },
          };
        },
      }),
    ),
  );
  // An owner may have stopped a server since the capture; its copy then stays stopped too.
  const servers = campaign.document.servers.map((server) => {
    const was = moves.find((move) => move.server.id === server.id)?.learned.was;
    return was === undefined ? server : { ...server, power: was };
  });
  return writeBundle({ ...campaign.document, servers, disks: asFrozen(campaign, moves), campaign: campaign.id }, disks, signal);
}

/** The disks with what their snapshots tell of the guests' hardware. */
function asFrozen({ document }: Campaign, moves: readonly Pick<Move, 'learned'>[]): Campaign['document']['disks'] {
  return document.disks.map((disk) => {
    const move = moves.find(({ learned }) => learned.snapshots?.[disk.id] !== undefined);
    const properties = move?.learned.snapshots?.[disk.id]?.properties;
    return properties === undefined ? disk : { ...disk, properties: { ...properties } };
  });
}
