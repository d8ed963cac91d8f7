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
  /** How a server of an atomic group goes with the others; absent where it goes alone. */
  readonly company?: Company;
}

/** The other servers of an atomic group, as one that is on its way knows them. */
interface Company {
  /** Whether one of the group is stopped. */
  readonly isStopped: boolean;
  /** Aborts when one of the group goes no further. */
  readonly broken: AbortSignal;
  /** Waits before a phase that the group begins together, until all its members have come to it. */
  readonly meet: (server: string, phase: Phase, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs the itinerary from where the journal says the move was; an unfinished rollback is finished
 * first. Throws the problem that stopped it, and leaves the move where it is.
 */
export async function migrate(move: Move, migration: Migration): Promise<Move> {
  const { journal, itinerary, tools, retryDelaysMs, halted, around, company } = migration;
  const server = move.server.id;
  if (isTurnedBack(journal.facts, server)) await rollBack([move], migration);
  await runPhases(itinerary, {
    done: doneAmong(attemptOf(journal.facts, server).facts),
    recall: () => recall(move, journal),
    tools,
    halted,
    ...(company === undefined
      ? {}
      : { isGroupStopped: company.isStopped, broken: company.broken, meet: company.meet.bind(null, server) }),
    begin: ({ name }) => journal.append({ fact: 'begun', server, phase: name }),
    end: ({ name }, learned) => journal.append({ fact: 'done', server, phase: name, learned }),
    work: (phase, now, { signal }, piece) =>
      around(phase, now, () => withRetries(piece, { server, phase: phase.name }, { journal, retryDelaysMs, signal })),
  });
  return recall(move, journal);
}

/**
 * Rolls moves back that were made together: undoes every phase that was begun, service first, then
 * tidies; each phase of all moves before the one above it, so that no server of an atomic group
 * runs at the source while another one runs at the destination. A failed undo throws, and the next
 * call continues. Nothing is undone or noted as turned back while one of the source servers cannot
 * run again (E_SERVER_STATE); but where none of them was created yet, those that can run again do,
 * and then it throws.
 */
export async function rollBack(moves: readonly Move[], migration: Migration): Promise<void> {
  const { journal, itinerary, tools, retryDelaysMs } = migration;
  const { signal } = tools;
  const factsOf = ({ server }: Move): readonly Fact[] => attemptOf(journal.facts, server.id).facts;
  const tried = moves.filter((move) => factsOf(move).length > 0);
  const begun = new Map(tried.map((move) => [move, begunAmong(factsOf(move))] as const));
  const lost = await whatCannotComeBack(begun, migration);
  const back = tried.filter((move) => !lost.has(move));
  // Durable before the first effect: after a power cut no move may look able to go forward.
  for (const { server } of back)
    if (!isTurnedBack(journal.facts, server.id)) await journal.append({ fact: 'turned back', server: server.id });
  for (const column of ['undo', 'tidy'] as const) {
    for (const { name, [column]: work } of itinerary.toReversed()) {
      if (work === undefined) continue;
      const phase = `${name}.${column}`;
      for (const move of back.filter((one) => begun.get(one)?.has(name))) {
        const now = recall(move, journal);
        const server = move.server.id;
        await withRetries(() => work(now, tools), { server, phase }, { journal, retryDelaysMs, signal });
        await journal.append({ fact: 'undone', server, phase });
      }
    }
  }
  for (const { server } of back) await journal.append({ fact: 'rolled back', server: server.id });
  for (const error of lost.values()) throw error;
}

/**
 * The moves whose source servers cannot run again, each with the reason. Throws the first reason
 * where one of the moves has, or may have, a server at the destination: that may be the only one
 * that has what all of them wrote.
 */
async function whatCannotComeBack(
  begun: ReadonlyMap<Move, ReadonlySet<string>>,
  migration: Migration,
): Promise<ReadonlyMap<Move, unknown>> {
  const boots = migration.itinerary.filter(({ stage }) => stage === 'boot');
  const isCreated = [...begun.values()].some((phases) => boots.some(({ name }) => phases.has(name)));
  const lost = new Map<Move, unknown>();
  for (const move of begun.keys()) {
    await mustComeBack(move, migration).catch((error: unknown) => {
      if (isCreated || begun.size === 1 || migration.tools.signal.aborted) throw error;
      lost.set(move, error);
    });
  }
  return lost;
}

/** Throws E_SERVER_STATE where a source server that was stopped cannot run again. */
async function mustComeBack(move: Move, { journal, tools, retryDelaysMs }: Migration): Promise<void> {
  const server = move.server.id;
  if (move.kind === 'server' && !wasStopped(attemptOf(journal.facts, server).facts)) return;
  const look = (): Promise<void> => mustBeAbleToReturn(recall(move, journal), tools);
  await withRetries(look, { server, phase: comesBack }, { journal, retryDelaysMs, signal: tools.signal });
}
