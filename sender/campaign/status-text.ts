import { phaseNamed } from '../migration/itinerary.ts';
import type { CampaignState, MoveStatus } from './campaign-status.ts';

/** What is said of a bundle whose servers are all frozen. */
export function readyBundle(id: string, servers: number): string {
  return `All ${servers} servers are stopped and frozen. \`sender export --campaign ${id.slice(0, 8)} --to FILE\` writes them, as often as you like. Then run \`sender commit\` to keep the move, or \`sender rollback\` to undo it.`;
}

/**
 * One sentence on what a campaign does. `held`: servers that are stopped in the middle of their
 * move; `isGated`: whether the second half of a farm waits for the first.
 */
export function saysOf(state: CampaignState, moves: readonly MoveStatus[], held: number, isGated: boolean): string {
  const moved = moves.filter((move) => move.state === 'moved').length;
  switch (state) {
    case 'preparing':
      return 'The receiver builds the network side; no server is touched yet.';
    case 'moving':
      return `${moved} of ${moves.length} servers moved${movingSays(moves, isGated)}`;
    case 'paused':
      return `${moved} of ${moves.length} servers moved; \`sender resume\` goes on, \`sender rollback\` undoes all of it.`;
    case 'failed':
      return `Stopped by a problem with ${moved} of ${moves.length} servers moved; ${held === 0 ? 'the others are at the source as they were' : `${held} held in the middle of a move`}. \`sender resume\` tries again, \`sender rollback\` undoes all of it.`;
    case 'ready':
      return `All ${moves.length} servers moved and verified. Run \`sender commit\` to keep the move, or \`sender rollback\` to undo it.`;
    case 'committing':
      return 'The commit is under way.';
    case 'committed':
      return 'Committed. The source servers no longer start by accident.';
    case 'rolling back':
      return 'What this campaign built is being removed and the source servers started.';
    case 'rolled back':
      return 'Rolled back: the source is as it was, and nothing of this campaign is left at the destination.';
  }
}

/**
 * What goes on while servers move: work first, then what the calendar holds back, then what the
 * operator does.
 */
function movingSays(moves: readonly MoveStatus[], isGated: boolean): string {
  const many = (some: readonly MoveStatus[], one = some[0]): string =>
    some.length === 1 ? `${one?.name} waits` : `${some.length} servers wait`;
  const waiting = moves.filter((move) => move.warm?.waits);
  const held = moves.filter(({ window }) => window !== null);
  const now = moves.find((move) => move.state === 'moving' && !move.warm?.waits && move.window === null);
  const doing = phaseNamed(now?.phase)?.does;
  if (isGated) return '; the first half of a farm must be healthy before the second is begun.';
  if (now !== undefined) return `; ${now.name}: ${doing ?? now.phase}.`;
  if (held[0]?.window) return `; ${many(held)}${held[0].window.says.slice('waits'.length)}. \`sender cutover\` goes on now.`;
  if (waiting.length > 0) return `; ${many(waiting)} for the cutover (${waiting[0]?.warm?.cutover}); \`sender cutover\` says it.`;
  return '.';
}
