import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../../shared/journal.ts';
import { asProblem, type Problem } from '../../shared/problem.ts';
import { attemptOf, doneAmong, type Fact, isTurnedBack } from './fact.ts';
import type { Learned, Move, Phase, Tools } from './phase.ts';

/** What a walk needs beside the move. */
export interface Walk {
  readonly itinerary: readonly Phase[];
  readonly journal: Journal<Fact>;
  readonly tools: Tools;
  /** How often a phase is tried again after a failure that may pass, and how long it waits before each: milliseconds. */
  readonly retryDelaysMs: readonly number[];
  /** Aborts when the campaign pauses: phases that may halt do so, and throw its reason. */
  readonly halted: AbortSignal;
  /** Does the work of a phase; whoever watches the move from outside looks meanwhile. */
  readonly around: <T>(phase: string, move: Move, work: () => Promise<T>) => Promise<T>;
}

/**
 * Walks the itinerary from wherever the journal says the move was; one that was turned back arrives at its start first.
 * Throws the problem that stopped it, and leaves the move where it is.
 */
export async function migrate(move: Move, walk: Walk): Promise<Move> {
  const { journal, itinerary } = walk;
  const server = move.server.id;
  if (isTurnedBack(journal.facts, server)) await rollBack(move, walk);
  const done = doneAmong(attemptOf(journal.facts, server).facts);
  for (const phase of itinerary) {
    const now = recall(move, journal);
    if (phase.when?.(now) === false) continue;
    const signal = phase.halts ? AbortSignal.any([walk.tools.signal, walk.halted]) : walk.tools.signal;
    const tools = { ...walk.tools, signal };
    const place = { server, phase: phase.name };
    const { holds } = phase;
    // What is down goes on, whatever it once had to wait for.
    if (holds !== undefined && done.has('stop')) continue;
    if (done.has(phase.name) && (holds === undefined || (await patiently(() => holds(now, walk.tools), place, walk)))) continue;
    signal.throwIfAborted();
    await journal.append({ fact: 'begun', server, phase: phase.name });
    const learned = await walk.around(phase.name, now, () => patiently(() => phase.run(now, tools), place, { ...walk, tools }));
    await journal.append({ fact: 'done', server, phase: phase.name, learned });
  }
  return recall(move, journal);
}

/**
 * Takes a move back to its start: service first, tidying last. What cannot be undone now throws, and the next call goes on there.
 * A phase that was begun is undone whether or not it was done.
 */
export async function rollBack(move: Move, walk: Walk): Promise<void> {
  const { journal, itinerary, tools } = walk;
  const server = move.server.id;
  const { facts } = attemptOf(journal.facts, server);
  if (facts.length === 0) return;
  // Durable before the first effect: a power cut in between must not leave a move that looks as if it could go on.
  if (!isTurnedBack(facts, server)) await journal.append({ fact: 'turned back', server });
  const begun = new Set(facts.flatMap((fact) => (fact.fact === 'begun' ? [fact.phase] : [])));
  const back = itinerary.filter((phase) => begun.has(phase.name)).reverse();
  for (const column of ['undo', 'tidy'] as const) {
    for (const phase of back) {
      const work = phase[column];
      if (work === undefined) continue;
      const now = recall(move, journal);
      await patiently(() => work(now, tools), { server, phase: `${phase.name}.${column}` }, walk);
      await journal.append({ fact: 'undone', server, phase: `${phase.name}.${column}` });
    }
  }
  await journal.append({ fact: 'rolled back', server });
}

/** A move is the sum of what its phases learned: there is no second copy of the state that could go stale. */
export function recall(move: Move, journal: Journal<Fact>): Move {
  const { attempt, facts } = attemptOf(journal.facts, move.server.id);
  const learned = facts.reduce<Learned>(
    (sum, fact) => (fact.fact === 'done' ? merge(sum, fact.learned as Learned | undefined) : sum),
    {},
  );
  return { ...move, attempt, learned };
}

function merge(sum: Learned, more: Learned | undefined): Learned {
  if (more === undefined) return sum;
  const { built, details, ...rest } = more;
  return { ...sum, ...rest, built: { ...sum.built, ...built }, details: { ...sum.details, ...details } };
}

/** Works, and works again after a failure that may pass; each failure is a fact. */
export async function patiently<T>(
  work: () => Promise<T>,
  { server, phase }: { server: string | null; phase: string },
  { journal, retryDelaysMs, tools: { signal } }: Pick<Walk, 'journal' | 'retryDelaysMs'> & { tools: { signal: AbortSignal } },
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const problem: Problem = asProblem(error);
      await journal.append({ fact: 'problem', server, phase, problem: problem.toJSON() });
      const delayMs = retryDelaysMs[attempt];
      if (problem.retry === 'never' || delayMs === undefined) throw problem;
      await sleep(delayMs, undefined, { signal });
    }
  }
}
