import { firstFew } from '../../shared/first-few.ts';
import { phaseNamed } from '../migration/itinerary.ts';
import { moveStates } from './campaign-states.ts';
import type { CampaignState, MoveStatus } from './campaign-status.ts';

/** What moves, in words: `5 servers`; with others among them `5 servers, volumes and images`. */
function unitsIn(moves: readonly MoveStatus[]): string {
  const has = (kind: MoveStatus['kind']): boolean => moves.some((move) => move.kind === kind);
  const kinds = [
    ...(has(undefined) || moves.length === 0 ? ['servers'] : []),
    ...(has('volume') ? ['volumes'] : []),
    ...(has('image') ? ['images'] : []),
  ];
  const last = kinds.at(-1);
  return `${moves.length} ${kinds.length === 1 ? last : `${kinds.slice(0, -1).join(', ')} and ${last}`}`;
}

/** What is said of a bundle whose servers are all frozen. */
export function readyBundle(id: string, moves: readonly MoveStatus[]): string {
  const areServers = moves.every(({ kind }) => kind === undefined);
  return `All ${unitsIn(moves)} are ${areServers ? 'stopped and ' : ''}frozen. \`sender export --campaign ${id.slice(0, 8)} --to FILE\` writes them, as often as you like. Then run \`sender commit\` to keep the move, or \`sender rollback\` to undo it.`;
}

/** What a campaign's sentence needs beside its state and its servers. */
export interface Circumstances {
  /** How many servers are stopped in the middle of their move. */
  readonly held: number;
  /** Whether the servers go into a bundle. */
  readonly isBundle: boolean;
  /** Whether it works on a cancel. */
  readonly isCancel: boolean;
  /** Whether the second half of a rolling wave waits for the first. */
  readonly isGated: boolean;
  /** What is half done after a failed commit or rollback. */
  readonly half: 'commit' | 'rollback' | null;
  /** The servers that the operator excepted from the commit or the rollback. */
  readonly kept: ReadonlySet<string>;
  /** How much of what it left at the destination the same command, asked again, would finish. */
  readonly unfinished: number;
  readonly id: string;
}

/** One sentence on what a campaign does. */
export function saysOf(state: CampaignState, moves: readonly MoveStatus[], circumstances: Circumstances): string {
  const { held, isBundle, isCancel, isGated, half, kept, unfinished, id } = circumstances;
  const left = moves.filter(({ problem }) => problem !== null).map(({ name }) => name);
  const but = moves.filter(({ server }) => kept.has(server)).map(({ name }) => name);
  const count = moves.filter((move) => moveStates[move.state].hasMoved).length;
  const moved = `${count} of ${unitsIn(moves)} ${isBundle ? 'frozen' : 'moved'}`;
  const failed = moves.filter((move) => move.state === 'failed').map(({ name }) => name);
  switch (state) {
    case 'preparing':
      return 'The receiver builds the network side; no server is touched yet.';
    case 'moving':
      return `${moved}${failed.length === 0 ? '' : `, ${failed.length} failed`}${movingSays(moves, isGated)}`;
    case 'paused':
      return `${moved}; \`sender resume\` goes on, \`sender rollback\` undoes all of it.`;
    case 'failed':
      if (half !== null) return halfSays(half, left);
      if (failed.length > 0 && held === 0)
        return `${moved}; ${listed(failed)} could not be moved, and ${failed.length === 1 ? 'is' : 'are'} at the source as before. \`sender resume\` tries again, \`sender rollback\` takes all back.`;
      return `Stopped by a problem with ${moved}; ${held === 0 ? 'the others are at the source as they were' : `${held} held in the middle of a move`}. \`sender resume\` tries again, \`sender rollback\` takes all back.`;
    case 'ready':
      if (left.length > 0)
        return `All ${unitsIn(moves)} moved, but at the source ${listed(left)} may run again: \`sender commit\` leaves such a source server as it is.`;
      return `All ${unitsIn(moves)} moved and verified. \`sender commit\` makes it final, \`sender rollback\` undoes it.`;
    case 'committing':
      return 'The commit is under way.';
    case 'committed':
      return `Committed. The source servers no longer start by accident${but.length === 0 ? '' : `, but for ${listed(but)}, left as asked`}.${leftSays(unfinished, `sender commit ${id.slice(0, 8)}`)}`;
    case 'rolling back':
      if (isCancel) return 'The moves under way are taken back; what has moved, and the network side, stays at the destination.';
      return 'What this campaign built is being removed and the source servers started.';
    case 'rolled back':
      if (but.length > 0)
        return `Rolled back, but for ${listed(but)}: left at the destination as asked, with the network side of this campaign.${leftSays(unfinished, `sender rollback ${id.slice(0, 8)}`)}`;
      return 'Rolled back: the source is as it was, and nothing of this campaign is left at the destination.';
  }
}

/** What a commit could not finish at the destination, and how it is finished later. */
function leftSays(unfinished: number, command: string): string {
  if (unfinished === 0) return '';
  return ` ${unfinished} ${unfinished === 1 ? 'thing' : 'things'} at the destination could not be finished (\`sender report\` names them): \`${command}\` tries again.`;
}

/** What a failed commit or rollback has left to do, and what the operator can do now. */
function halfSays(half: 'commit' | 'rollback', left: readonly string[]): string {
  const of = left.length === 0 ? '' : ` ${listed(left)} ${left.length === 1 ? 'is' : 'are'} left.`;
  return half === 'commit'
    ? `The way back is closed, but the commit is not through.${of} \`sender commit\` goes on; with \`--keep SERVER\` it leaves a source server as it is.`
    : `Half rolled back.${of} \`sender rollback\` goes on; \`--keep SERVER\` leaves a server at the destination, \`--give-up SERVER\` removes it there in any case.`;
}

function listed(names: readonly string[]): string {
  return firstFew(names, 3);
}

/**
 * What happens while servers move: work first, then waits for the calendar, then for the operator.
 */
function movingSays(moves: readonly MoveStatus[], isGated: boolean): string {
  const many = (some: readonly MoveStatus[], one = some[0]): string =>
    some.length === 1 ? `${one?.name} waits` : `${some.length} servers wait`;
  const waiting = moves.filter((move) => move.warm?.waits);
  const held = moves.filter(({ window }) => window !== null);
  const now = moves.find((move) => move.state === 'moving' && !move.warm?.waits && move.window === null);
  const doing = phaseNamed(now?.phase)?.does;
  if (isGated) return '; the first half of a rolling wave must be healthy before the second begins.';
  if (now !== undefined) return `; ${now.name}: ${doing ?? now.phase}.`;
  if (held[0]?.window) return `; ${many(held)}${held[0].window.says.slice('waits'.length)}. \`sender cutover\` goes on now.`;
  if (waiting.length > 0)
    return `; ${many(waiting)} for the cutover (${waiting[0]?.warm?.cutover}); \`sender cutover\` stops and moves ${waiting.length === 1 ? 'it' : 'them'} now.`;
  return '.';
}
