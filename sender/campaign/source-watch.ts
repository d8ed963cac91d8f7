import type { SourceCloud } from '../../shared/cloud/source-cloud.ts';
import { refOf } from '../../shared/model/resource.ts';
import { asProblem, Problem, type ProblemJson } from '../../shared/problem.ts';
import type { Move } from '../migration/move.ts';
import { whyAloneOutdated } from '../migration/phases/alone.ts';
import { whyOutdated } from '../migration/phases/freeze.ts';
import { titles } from '../migration/phases/stop.ts';
import { recall } from '../migration/recall.ts';
import type { Campaign } from './campaign.ts';

/** Pause between two looks at the source servers of a campaign, in ms. */
const lookMs = 30_000;

/** Detects that source servers which have moved, and are not committed, have run again. */
export class SourceWatch {
  readonly #campaign: Campaign;
  readonly #source: () => Promise<SourceCloud>;
  readonly #onChange: () => void;
  readonly #signal: AbortSignal;
  #awake: ReadonlyMap<string, ProblemJson> = new Map();
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  constructor(campaign: Campaign, source: () => Promise<SourceCloud>, onChange: () => void, signal: AbortSignal) {
    this.#campaign = campaign;
    this.#source = source;
    this.#onChange = onChange;
    this.#signal = signal;
  }

  /**
   * The servers, by id, that had run again at the last look. A look that is due begins now;
   * `onChange` is called when it ends.
   */
  awake(): ReadonlyMap<string, ProblemJson> {
    const isDue = !this.#isLooking && !this.#signal.aborted && performance.now() - this.#lookedAtMs >= lookMs;
    const moved = isDue ? this.#moved() : [];
    if (moved.length > 0) {
      this.#isLooking = true;
      void this.#look(moved).finally(() => {
        this.#lookedAtMs = performance.now();
        this.#isLooking = false;
      });
    }
    return this.#awake;
  }

  #moved(): Move[] {
    const moves = this.#campaign.moves().flatMap((wave) => wave.moves);
    return moves.filter(({ server }) => this.#campaign.moved(server.id));
  }

  async #look(moved: readonly Move[]): Promise<void> {
    const found = new Map<string, ProblemJson>();
    for (const move of moved) {
      const now = recall(move, this.#campaign.journal);
      const { server } = now;
      try {
        const why = await whyMoveOutdated(await this.#source(), now, this.#signal);
        if (why !== null) found.set(server.id, awakeProblem(now, why).toJSON());
      } catch (error) {
        if (this.#signal.aborted) return;
        const before = this.#awake.get(server.id);
        // A deleted server cannot run; one that cannot be read now keeps its last result.
        if (asProblem(error).code !== 'E_NOT_FOUND' && before !== undefined) found.set(server.id, before);
      }
    }
    const isNew = found.size !== this.#awake.size || [...found.keys()].some((id) => !this.#awake.has(id));
    this.#awake = found;
    if (isNew) this.#onChange();
  }
}

/** What a source did since its freeze, so that its copy is outdated; null where nothing. */
export function whyMoveOutdated(source: SourceCloud, move: Move, signal: AbortSignal): Promise<string | null> {
  if (move.kind !== 'server') return whyAloneOutdated(source, move, signal);
  return whyOutdated(source, move.server.id, move.learned.generation, signal);
}

/** Says that a source server has run again, or a volume was used, and what its operator can do. */
export function awakeProblem({ kind, server: { id, name } }: Move, why: string): Problem {
  if (kind !== 'server')
    return new Problem(
      'E_SERVER_STATE',
      `${titles[kind]} ${name || id} ${why} at the source, beside its copy at the destination.`,
      {
        about: refOf(kind, id),
        hint: 'Use one of the two. `sender commit` neither marks nor deletes the one at the source; `sender rollback` gives up its copy.',
      },
    );
  return new Problem('E_SERVER_STATE', `Server ${name} ${why} at the source, beside its copy at the destination.`, {
    about: `server/${id}`,
    hint: 'Stop one of the two. `sender commit` neither locks nor deletes this source server; `sender rollback` gives up what the new one wrote.',
  });
}
