import type { Journal } from '../../shared/journal.ts';
import { runPhases } from '../../shared/journey/run-phases.ts';
import { attemptOf, begunAmong, doneAmong, isTurnedBack } from './attempt.ts';
import { wasStopped } from './durations.ts';
import type { Fact } from './fact.ts';
import type { Move } from './move.ts';
import type { Phase, Tools } from './phase.ts';
import { mustBeAbleToReturn } from './phases/stop.ts';
import { recall } from './recall.ts';
import { withRetries } from './retry.ts';

/** What the journal calls the look at the source before the first undo. */
const comesBack = 'look before the way back';

/** What a migration needs beside the move. */
export interface Migration {
  readonly itinerary: readonly Phase[];
  readonly journal: Journal<Fact>;
  readonly tools: Tools;
  /**
   * How many times a phase is retried after a temporary failure, and the pause before each, in ms.
   */
  readonly retryDelaysMs: readonly number[];
  /** Aborts on a pause: phases that halt end then, and throw its reason. */
  readonly halted: AbortSignal;
  /** Runs the work of a phase; a probe may watch the servers meanwhile. */
  readonly around: <T>(phase: Phase, move: Move, work: () => Promise<T>) => Promise<T>;
}

/**
 * Runs the itinerary from where the journal says the move was; an unfinished rollback is finished
 * first. Throws the problem that stopped it, and leaves the move where it is.
 */
export async function migrate(move: Move, migration: Migration): Promise<Move> {
  const { journal, itinerary, tools, retryDelaysMs, halted, around } = migration;
  const server = move.server.id;
  if (isTurnedBack(journal.facts, server)) await rollBack(move, migration);
  await runPhases(itinerary, {
    done: doneAmong(attemptOf(journal.facts, server).facts),
    recall: () => recall(move, journal),
    tools,
    halted,
    begin: ({ name }) => journal.append({ fact: 'begun', server, phase: name }),
    end: ({ name }, learned) => journal.append({ fact: 'done', server, phase: name, learned }),
    work: (phase, now, { signal }, piece) =>
      around(phase, now, () => withRetries(piece, { server, phase: phase.name }, { journal, retryDelaysMs, signal })),
  });
  return recall(move, journal);
}

/**
 * Rolls a move back: undoes every phase that was begun, service first, then tidies. A failed undo
 * throws, and the next call continues. Nothing is undone or noted as turned back while the source
 * server cannot run again (E_SERVER_STATE).
 */
export async function rollBack(move: Move, { journal, itinerary, tools, retryDelaysMs }: Migration): Promise<void> {
  const server = move.server.id;
  const { facts } = attemptOf(journal.facts, server);
  if (facts.length === 0) return;
  if (move.kind !== 'server' || wasStopped(facts)) {
    const place = { server, phase: comesBack };
    const retrying = { journal, retryDelaysMs, signal: tools.signal };
    await withRetries(() => mustBeAbleToReturn(recall(move, journal), tools), place, retrying);
  }
  // Durable before the first effect: after a power cut the move must not look able to go forward.
  if (!isTurnedBack(facts, server)) await journal.append({ fact: 'turned back', server });
  const begun = begunAmong(facts);
  const back = itinerary.filter((phase) => begun.has(phase.name)).reverse();
  for (const column of ['undo', 'tidy'] as const) {
    for (const { name, [column]: work } of back) {
      if (work === undefined) continue;
      const phase = `${name}.${column}`;
      const now = recall(move, journal);
      await withRetries(() => work(now, tools), { server, phase }, { journal, retryDelaysMs, signal: tools.signal });
      await journal.append({ fact: 'undone', server, phase });
    }
  }
  await journal.append({ fact: 'rolled back', server });
}
