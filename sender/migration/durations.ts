import type { Dated } from '../../shared/journal.ts';
import { elapsedMs, type Noted, ticksNow } from '../../shared/ticks.ts';
import { begunAmong, doneAmong } from './attempt.ts';
import type { Fact } from './fact.ts';
import { downtimePhases, itinerary, namesWith, phaseNamed } from './itinerary.ts';
import type { Phase } from './phase.ts';

const waits = namesWith('waitsFor');
const stops = downtimePhases[0];

/** How long each finished phase of an attempt took, as far as it is known, in their order. */
export function durationsOf(facts: readonly Dated<Fact>[]): { name: string; startedAt: string; ms: number }[] {
  return itinerary.flatMap(({ name }) => {
    const begun = facts.find((fact) => fact.fact === 'begun' && fact.phase === name);
    const ms = between(facts, name, name);
    return begun === undefined || ms === null ? [] : [{ name, startedAt: begun.at, ms }];
  });
}

/**
 * Milliseconds from the first phase's beginning to the last phase's end; null until it has moved.
 */
export function wholeMs(facts: readonly Dated<Fact>[]): number | null {
  return spanMs(facts, itinerary);
}

/** Milliseconds from the stop of a server to the proof that the new one runs; null until then. */
export function downtimeMs(facts: readonly Dated<Fact>[]): number | null {
  return spanMs(sinceLastWait(facts), downtimePhases);
}

/** When an attempt's new server was seen to run; undefined until then. */
export function proved(facts: readonly Dated<Fact>[]): Noted | undefined {
  const proves = downtimePhases.at(-1)?.name;
  return facts.find((fact) => fact.fact === 'done' && fact.phase === proves);
}

/** When an attempt's server was stopped; undefined for one that was not. */
export function downSince(facts: readonly Dated<Fact>[]): Noted | undefined {
  // A lone volume has some of the phases of a downtime, and none: it is not stopped.
  return sinceLastWait(facts).find((fact) => fact.fact === 'begun' && fact.phase === stops?.name);
}

/** Milliseconds for which an attempt's server has been down; null where that is not known. */
export function downForMs(facts: readonly Dated<Fact>[]): number | null {
  const since = downSince(facts);
  return since === undefined ? 0 : elapsedMs(since, { at: new Date().toISOString(), ...ticksNow() });
}

/** Whether a server's present attempt has reached its stop. */
export function wasStopped(facts: readonly Dated<Fact>[]): boolean {
  return downSince(facts) !== undefined;
}

/** Whether we stopped the server: its stop was asked for after it last waited. */
export function isStopAsked(facts: readonly Dated<Fact>[]): boolean {
  return sinceLastWait(facts).some(({ fact }) => fact === 'stop asked');
}

/**
 * Milliseconds an attempt waited for its cutover or the calendar, without any work; null where that
 * is not known.
 */
export function waitedMs(facts: readonly Dated<Fact>[]): number | null {
  const ended = doneAmong(facts);
  const each = [...waits].map((name) => (ended.has(name) ? between(facts, name, name) : 0));
  return each.reduce((sum, ms) => (sum === null || ms === null ? null : sum + ms), 0);
}

/** Whether an attempt has begun a phase whose row has this column. */
export function hasBegun(facts: readonly Fact[], column: keyof Phase): boolean {
  const names = namesWith(column);
  return [...begunAmong(facts)].some((name) => names.has(name));
}

/** Whether an attempt has begun to wait for something. */
export function hasWaitedFor(facts: readonly Fact[], what: Phase['waitsFor']): boolean {
  return [...begunAmong(facts)].some((name) => phaseNamed(name)?.waitsFor === what);
}

/**
 * The facts since the server last began to wait: a stop that was begun earlier and repeated later
 * was no downtime.
 */
function sinceLastWait(facts: readonly Dated<Fact>[]): readonly Dated<Fact>[] {
  return facts.slice(facts.findLastIndex((fact) => fact.fact === 'begun' && waits.has(fact.phase)) + 1);
}

function spanMs(facts: readonly Dated<Fact>[], phases: readonly Phase[]): number | null {
  return between(facts, phases[0]?.name, phases.at(-1)?.name);
}

/**
 * Milliseconds from the first beginning of one phase to the end of another; null until both exist,
 * and where that is not known.
 */
function between(facts: readonly Dated<Fact>[], from: string | undefined, to: string | undefined): number | null {
  const begun = facts.find((fact) => fact.fact === 'begun' && fact.phase === from);
  const done = facts.find((fact) => fact.fact === 'done' && fact.phase === to);
  return begun === undefined || done === undefined ? null : elapsedMs(begun, done);
}
