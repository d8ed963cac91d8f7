import type { UnitKind } from '../model/lone-volumes.ts';
import type { PhaseOf } from './phase.ts';

/** How a daemon runs the phases of one move: where it notes them, and what it adds. */
export interface PhaseRun<Move, Tools, Learned> {
  /** The phases that are done. */
  readonly done: ReadonlySet<string>;
  /** The move, with everything that was learned so far. */
  readonly recall: () => Move;
  readonly tools: Tools;
  /** Aborts when a pause was asked for: a phase that halts ends then. */
  readonly halted?: AbortSignal;
  /**
   * Aborts when another server of its atomic group goes no further: what waits or works ends then,
   * but for what changes the source, which is not undone while it is under way.
   */
  readonly broken?: AbortSignal;
  /** Whether a server of its atomic group is stopped, so that it may not be kept waiting. */
  readonly isGroupStopped?: boolean;
  /** Waits before a phase that an atomic group begins together, until all its members are there. */
  readonly meet?: (phase: PhaseOf<Move, Tools, Learned>, signal: AbortSignal) => Promise<void>;
  /**
   * Notes that a phase begins. MUST be durable when it resolves: the phase's first effect is next.
   */
  readonly begin: (phase: PhaseOf<Move, Tools, Learned>) => Promise<unknown>;
  /** Notes that a phase is done, whose effect is durable. */
  readonly end: (phase: PhaseOf<Move, Tools, Learned>, learned: Learned | undefined) => Promise<unknown>;
  /** Does one piece of a phase's work; repeats it where the daemon repeats what fails. */
  readonly work: <T>(phase: PhaseOf<Move, Tools, Learned>, move: Move, tools: Tools, piece: () => Promise<T>) => Promise<T>;
}

/**
 * Runs the unfinished phases of a move in order. Throws the problem that stopped it, and leaves the
 * move where it is.
 */
export async function runPhases<
  Move extends { readonly kind: UnitKind },
  Tools extends { readonly signal: AbortSignal },
  Learned,
>(
  phases: readonly PhaseOf<Move, Tools, Learned>[],
  { done, recall, tools, halted, broken, isGroupStopped = false, meet, begin, end, work }: PhaseRun<Move, Tools, Learned>,
): Promise<void> {
  let isStopped = isGroupStopped || phases.some(({ name, downtime }) => downtime === true && done.has(name));
  const together = endingWith(tools, broken);
  const halting = endingWith(together, halted);
  for (const phase of phases) {
    const move = recall();
    const { isOver } = phase;
    if (phase.for !== undefined && phase.for !== move.kind) continue;
    if (phase.when?.(move) === false) continue;
    // A server that is already stopped is never made to wait.
    if (phase.waitsFor !== undefined && isStopped) continue;
    if (done.has(phase.name) && (isOver === undefined || (await work(phase, move, together, () => isOver(move, together)))))
      continue;
    // Nor does a pause keep it stopped. Nobody waits for a lone volume or an image.
    const usual = move.kind !== 'server' || (phase.halts && !isStopped) ? halting : together;
    if (phase.together === true) await meet?.(phase, isStopped ? together.signal : halting.signal);
    usual.signal.throwIfAborted();
    const given = phase.side === 'source' && phase.downtime === true && usual === together ? tools : usual;
    await begin(phase);
    isStopped ||= move.kind === 'server' && phase.downtime === true;
    const learned = await work(phase, move, given, () => phase.run(move, given));
    await end(phase, learned);
  }
}

/** Tools whose work ends with one more signal. */
function endingWith<Tools extends { readonly signal: AbortSignal }>(tools: Tools, also: AbortSignal | undefined): Tools {
  return also === undefined ? tools : { ...tools, signal: AbortSignal.any([tools.signal, also]) };
}
