import type { CampaignProgress, MoveStatus } from './campaign-status.ts';

/**
 * How far all servers of a campaign are together. `plannedBytes`: what the disks of a server may
 * hold of which nothing was heard yet; `pace`: bytes that all disks gain in a second.
 */
export function progressOf(
  moves: readonly MoveStatus[],
  plannedBytes: ReadonlyMap<string, number>,
  pace: number | null,
): CampaignProgress {
  const sum = (of: (move: MoveStatus) => number): number => moves.reduce((total, move) => total + of(move), 0);
  const sizeBytes = sum(({ server, disks }) => {
    const known = disks.reduce((total, disk) => total + disk.sizeBytes, 0);
    return known > 0 ? known : (plannedBytes.get(server) ?? 0);
  });
  const doneBytes = sum(({ disks }) => disks.reduce((total, disk) => total + disk.doneBytes, 0));
  const left = sizeBytes - doneBytes;
  // A server that waits for its operator or its window makes every ETA a guess.
  const waits = moves.some(({ warm, window }) => window !== null || warm?.waits === true);
  return {
    sizeBytes,
    doneBytes,
    sentBytes: sum((move) => move.sentBytes),
    bytesPerSecond: sum(({ disks }) => disks.reduce((total, disk) => total + disk.bytesPerSecond, 0)),
    etaSeconds: pace === null || waits || left <= 0 ? null : Math.ceil(left / pace),
  };
}
