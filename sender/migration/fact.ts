import type { Concern, Decision } from '../../shared/model/concern.ts';
import type { Power } from '../../shared/model/resource.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import type { Round } from './round.ts';

/** One line of a campaign's journal, which is all that the sender knows of a campaign. */
export type Fact =
  | { readonly fact: 'started'; readonly project: string; readonly release: string; readonly servers: readonly string[] }
  /** What was told before the first write, and accepted by starting. */
  | ({ readonly fact: 'foreseen' } & Foreseen)
  /** `server` is null for a step of the whole campaign. */
  | { readonly fact: 'begun'; readonly server: string | null; readonly phase: string }
  | { readonly fact: 'done'; readonly server: string | null; readonly phase: string; readonly learned?: object | undefined }
  /** One round of a warm move is over, and its snapshots are released. */
  | ({ readonly fact: 'round'; readonly server: string } & Round)
  /** The operator wants this server to be cut over now, whatever the plan waits for. */
  | { readonly fact: 'cutover asked'; readonly server: string }
  /** The source server is stopped next. `was`: whether it ran before, which a rollback restores. */
  | { readonly fact: 'stop asked'; readonly server: string; readonly was: Power }
  /** The source server was seen stopped before its disk is snapshotted; its generation then. */
  | { readonly fact: 'seen stopped'; readonly server: string; readonly generation: string }
  /** When the probes saw the old server answer for the last time, and the new one for the first. */
  | {
      readonly fact: 'last answer' | 'first answer';
      readonly server: string;
      readonly address: string;
      readonly answered_at: string;
      readonly samples: number;
    }
  /** The move is being rolled back: from here on it cannot go forward. */
  | { readonly fact: 'turned back'; readonly server: string }
  /**
   * The operator keeps the server at the destination: the rollback that was begun is given up, and
   * what it had removed is built again.
   */
  | { readonly fact: 'kept'; readonly server: string; readonly learned?: object | undefined }
  | { readonly fact: 'undone'; readonly server: string; readonly phase: string }
  /** The move is back at its start; what was begun before no longer counts. */
  | { readonly fact: 'rolled back'; readonly server: string }
  /** A server could not be moved; it is taken back, and the next `run` tries it again. */
  | { readonly fact: 'failed'; readonly server: string; readonly problem: ProblemJson }
  | { readonly fact: 'problem'; readonly server: string | null; readonly phase: string; readonly problem: ProblemJson }
  /** A whole bundle was given to whoever asked for it. */
  | { readonly fact: 'bundle written' }
  /** The campaign rests in this state until the operator asks for something. */
  | { readonly fact: 'rests'; readonly state: RestState; readonly problem?: ProblemJson | undefined }
  /** What the operator asked for; it is worked on until the campaign rests. */
  | ({ readonly fact: 'asked'; readonly wish: Wish; readonly deleteSource?: boolean | undefined } & Exceptions);

/** What both clouds said of a plan: the concerns, and what is not simply created. */
export interface Foreseen {
  readonly concerns: readonly Concern[];
  readonly decisions: readonly Decision[];
}

/** The servers, by id, that a wish excepts: those that stay as they are, and those given up. */
export interface Exceptions {
  readonly keep?: readonly string[] | undefined;
  readonly giveUp?: readonly string[] | undefined;
}

/** What an operator can want of a started campaign. */
export type Wish = 'run' | 'pause' | 'cancel' | 'commit' | 'rollback';

/** The states in which a campaign rests. `ready`: every server has moved, nothing is committed. */
export type RestState = 'paused' | 'failed' | 'ready' | 'committed' | 'rolled back';

/** Where a campaign stands: at rest, or working on a wish. */
export type Standing =
  | { readonly is: 'resting'; readonly state: RestState; readonly problem: ProblemJson | null }
  | { readonly is: 'working'; readonly wish: Wish; readonly deleteSource: boolean };

/** Where the facts say a campaign stands. */
export function standingOf(facts: readonly Fact[]): Standing {
  const last = facts.findLast((fact) => fact.fact === 'asked' || fact.fact === 'rests');
  if (last?.fact === 'rests') return { is: 'resting', state: last.state, problem: last.problem ?? null };
  return { is: 'working', wish: last?.wish ?? 'run', deleteSource: last?.deleteSource ?? false };
}

/**
 * Where a campaign rests when its work has failed: a commit or rollback that had ended before stays
 * ended, and only what a repeat of it was to finish is left.
 */
export function restAfterFailure(facts: readonly Fact[]): RestState {
  const ends: readonly RestState[] = ['committed', 'rolled back'];
  const ended = facts.findLast((fact) => fact.fact === 'rests' && ends.includes(fact.state));
  return ended?.fact === 'rests' ? ended.state : 'failed';
}

/** The commit or rollback that was asked for last; null after any other wish. */
export function endingAsked(facts: readonly Fact[]): { wish: 'commit' | 'rollback'; deleteSource: boolean } | null {
  const last = facts.findLast((fact) => fact.fact === 'asked');
  if (last?.fact !== 'asked' || (last.wish !== 'commit' && last.wish !== 'rollback')) return null;
  return { wish: last.wish, deleteSource: last.deleteSource ?? false };
}

/** Whether any commit went past the steps that only look: from there on it cannot be undone. */
export function isCommitUnderWay(facts: readonly Fact[], looks: ReadonlySet<string>): boolean {
  let wish: Wish = 'run';
  return facts.some((fact) => {
    if (fact.fact === 'asked') wish = fact.wish;
    return wish === 'commit' && fact.fact === 'begun' && !looks.has(fact.phase);
  });
}

/**
 * The servers that were ever excepted from this wish so; a repeated wish remembers them. One that
 * was first kept and later given up is given up, and the other way round.
 */
export function exceptedFrom(facts: readonly Fact[], wish: Wish, how: keyof Exceptions): ReadonlySet<string> {
  const other = how === 'keep' ? 'giveUp' : 'keep';
  const excepted = new Set<string>();
  for (const fact of facts) {
    if (fact.fact !== 'asked' || fact.wish !== wish) continue;
    for (const server of fact[other] ?? []) excepted.delete(server);
    for (const server of fact[how] ?? []) excepted.add(server);
  }
  return excepted;
}
