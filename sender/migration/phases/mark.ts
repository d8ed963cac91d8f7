import { digestOfJson, writeMarker } from '../../../shared/model/marker.ts';
import type { Move, Tools } from '../phase.ts';

/** Writes `<server>.completed` on both sides: from here on the move is whole. */
export async function mark({ server, learned }: Move, { ask, campaign, folder, timesOf, signal }: Tools): Promise<undefined> {
  const disks = Object.entries(learned.sealed ?? {}).map(([disk, sealed]) => ({
    disk,
    size: sealed.size,
    root: sealed.root,
    bytes_zero: Math.min(sealed.size, sealed.zero * sealed.block_size),
    bytes_reused: sealed.reused * sealed.block_size,
    bytes_pulled: sealed.bytes_pulled,
  }));
  const { stages, downtimeMs } = timesOf(server.id);
  const summary = { stages, downtime_ms: learned.was === 'stopped' ? null : downtimeMs, disks };
  await ask('server.completed', { campaign, server: server.id, summary }, signal);
  const digest = digestOfJson(disks.map(({ disk, root }) => [disk, root]));
  const counts = { disks: disks.length, bytes: disks.reduce((sum, { size }) => sum + size, 0) };
  await writeMarker(folder, [`${server.id}.completed`], { campaign, at: new Date().toISOString(), digest, counts });
}
