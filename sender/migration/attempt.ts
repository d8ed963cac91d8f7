import type { Dated } from '../../shared/journal.ts';
import type { Fact } from './fact.ts';
import type { Round } from './round.ts';

/** The facts of each server among the first so many of a journal. */
interface ByServer {
  readonly facts: Map<string, Dated<Fact>[]>;
  count: number;
}

const byServer = new WeakMap<readonly Dated<Fact>[], ByServer>();

/**
 * All facts of one server, oldest first. `facts` MUST only grow: what was read of it is not read
 * again, because a campaign of a thousand servers has tens of thousands.
 */
export function factsOfServer(facts: readonly Dated<Fact>[], server: string): readonly Dated<Fact>[] {
  const known = byServer.get(facts) ?? { facts: new Map<string, Dated<Fact>[]>(), count: 0 };
  byServer.set(facts, known);
  for (; known.count < facts.length; known.count += 1) {
    const fact = facts[known.count];
    if (fact === undefined || !('server' in fact) || fact.server === null) continue;
    const own = known.facts.get(fact.server);
    if (own === undefined) known.facts.set(fact.server, [fact]);
    else own.push(fact);
  }
  return known.facts.get(server) ?? [];
}

/** The facts of every attempt of one server, oldest first; the last one may be empty. */
export function attemptsOf(facts: readonly Dated<Fact>[], server: string): Dated<Fact>[][] {
  const attempts: Dated<Fact>[][] = [[]];
  for (const fact of factsOfServer(facts, server)) {
    if (fact.fact === 'rolled back') attempts.push([]);
    else attempts.at(-1)?.push(fact);
  }
  return attempts;
}

/** The facts of one server's present attempt, oldest first; `attempt` counts from 1. */
export function attemptOf(facts: readonly Dated<Fact>[], server: string): { attempt: number; facts: Dated<Fact>[] } {
  const attempts = attemptsOf(facts, server);
  return { attempt: attempts.length, facts: attempts.at(-1) ?? [] };
}

/** The phases that have begun among some facts, done or not. */
export function begunAmong(facts: readonly Fact[]): Set<string> {
  return new Set(facts.flatMap((fact) => (fact.fact === 'begun' ? [fact.phase] : [])));
}

/** The phases that are done among some facts. */
export function doneAmong(facts: readonly Fact[]): Set<string> {
  return new Set(facts.flatMap((fact) => (fact.fact === 'done' ? [fact.phase] : [])));
}

/** The rounds among some facts, oldest first. `at`: when a round had ended. */
export function roundsAmong(facts: readonly Dated<Fact>[]): Dated<Round>[] {
  return facts.flatMap((fact) => (fact.fact === 'round' ? [fact] : []));
}

/**
 * Whether the rollback of a server's present attempt has begun and not ended, nor was it given up
 * because the server is kept.
 */
export function isTurnedBack(facts: readonly Dated<Fact>[], server: string): boolean {
  const last = attemptOf(facts, server).facts.findLast(({ fact }) => fact === 'turned back' || fact === 'kept');
  return last?.fact === 'turned back';
}

/** Whether a server's present attempt has done its last phase, and is not being rolled back. */
export function hasMoved(facts: readonly Dated<Fact>[], server: string, lastPhase: string): boolean {
  return doneAmong(attemptOf(facts, server).facts).has(lastPhase) && !isTurnedBack(facts, server);
}

/** The rounds of a server's present attempt, oldest first. */
export function roundsOf(facts: readonly Dated<Fact>[], server: string): Dated<Round>[] {
  return roundsAmong(attemptOf(facts, server).facts);
}

/** The generation of a source server when it was last noted as seen stopped; undefined before. */
export function seenStoppedAs(facts: readonly Fact[]): string | undefined {
  const last = facts.findLast((fact) => fact.fact === 'seen stopped');
  return last?.fact === 'seen stopped' ? last.generation : undefined;
}

/** Whether the operator asked for a server's cutover in its present attempt. */
export function isCutoverAsked(facts: readonly Dated<Fact>[], server: string): boolean {
  return attemptOf(facts, server).facts.some(({ fact }) => fact === 'cutover asked');
}
