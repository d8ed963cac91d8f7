import type { Dated } from '../../shared/journal.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import type { Round } from './round.ts';

/** One line of a campaign's journal: everything the sender knows of a campaign is the sum of these. */
export type Fact =
  | { readonly fact: 'started'; readonly project: string; readonly release: string; readonly servers: readonly string[] }
  /** `server` is null for a phase of the whole campaign. */
  | { readonly fact: 'begun'; readonly server: string | null; readonly phase: string }
  | { readonly fact: 'done'; readonly server: string | null; readonly phase: string; readonly learned?: object | undefined }
  /** One round of a warm move is over, and its snapshots are released. */
  | ({ readonly fact: 'round'; readonly server: string } & Round)
  /** The operator wants this server to be stopped and moved to its end, whatever the plan waits for. */
  | { readonly fact: 'cutover asked'; readonly server: string }
  /** What the probes saw from outside: when the old server answered for the last time, and the new one for the first. */
  | {
      readonly fact: 'last answer' | 'first answer';
      readonly server: string;
      readonly address: string;
      readonly answered_at: string;
      readonly samples: number;
    }
  /** The move is being taken back: from here on it can only go back, whatever was done before. */
  | { readonly fact: 'turned back'; readonly server: string }
  | { readonly fact: 'undone'; readonly server: string; readonly phase: string }
  /** The move is back at its start; what was begun before counts no more. */
  | { readonly fact: 'rolled back'; readonly server: string }
  | { readonly fact: 'problem'; readonly server: string | null; readonly phase: string; readonly problem: ProblemJson }
  /** The campaign rests in this state until the operator asks for something. */
  | { readonly fact: 'rests'; readonly state: RestState; readonly problem?: ProblemJson | undefined }
  /** What the operator asked for; it is worked on until the campaign rests. */
  | { readonly fact: 'asked'; readonly wish: Wish; readonly deleteSource?: boolean | undefined };

/** What an operator can want of a started campaign. */
export type Wish = 'run' | 'pause' | 'cancel' | 'commit' | 'rollback';

/** The states in which nothing happens by itself. */
export type RestState = 'paused' | 'failed' | 'ready' | 'committed' | 'rolled back';

/** The facts of one server's present attempt, oldest first; `attempt` counts from 1. */
export function attemptOf(facts: readonly Dated<Fact>[], server: string): { attempt: number; facts: Dated<Fact>[] } {
  const own = facts.filter((fact) => 'server' in fact && fact.server === server);
  const backs = own.filter((fact) => fact.fact === 'rolled back').length;
  const last = own.findLastIndex((fact) => fact.fact === 'rolled back');
  return { attempt: backs + 1, facts: own.slice(last + 1) };
}

/** The phases that are done among some facts. */
export function doneAmong(facts: readonly Fact[]): Set<string> {
  return new Set(facts.flatMap((fact) => (fact.fact === 'done' ? [fact.phase] : [])));
}

/** The phases in which a server runs on until it may be stopped: by the operator's word, or by the calendar. */
export const waitingPhases: ReadonlySet<string> = new Set(['await cutover', 'await window']);

/** The facts of an attempt since its server was let go at last: a stop that was begun before the wait began again brought no downtime. */
export function sinceLetGo(facts: readonly Dated<Fact>[]): readonly Dated<Fact>[] {
  return facts.slice(facts.findLastIndex((fact) => fact.fact === 'begun' && waitingPhases.has(fact.phase)) + 1);
}

/** Whether a server's present attempt came as far as its stop. */
export function wasStopped(facts: readonly Dated<Fact>[]): boolean {
  return sinceLetGo(facts).some((fact) => fact.fact === 'begun' && fact.phase === 'stop');
}

/** Whether a server's present attempt was turned back and has not yet arrived at its start. */
export function isTurnedBack(facts: readonly Dated<Fact>[], server: string): boolean {
  return attemptOf(facts, server).facts.some((fact) => fact.fact === 'turned back');
}

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

/** The wish that can only be asked again: half a commit and half a rollback have no other way to go. Null while every way is open. */
export function onlyWayOn(facts: readonly Fact[]): { wish: 'commit' | 'rollback'; deleteSource: boolean } | null {
  const last = facts.findLast((fact) => fact.fact === 'asked');
  if (last?.fact !== 'asked' || (last.wish !== 'commit' && last.wish !== 'rollback')) return null;
  return { wish: last.wish, deleteSource: last.deleteSource ?? false };
}

/** Whether a server's present attempt is through. */
export function hasMoved(facts: readonly Dated<Fact>[], server: string, lastPhase: string): boolean {
  return doneAmong(attemptOf(facts, server).facts).has(lastPhase) && !isTurnedBack(facts, server);
}
