import { readdir } from 'node:fs/promises';
import { asProblem, type Problem } from '../../shared/problem.ts';
import { kindOf } from './name.ts';
import { isSame, type Look, lookAt } from './read.ts';
import type { SpoolTiming } from './timing.ts';
import { isOpenToOthers, isTrusted } from './trust.ts';

/** What is known of one file: how it looked, since when, and whether it is still to be taken. */
export interface Sighting {
  readonly look: Look;
  readonly sinceMs: number;
  /** `foreign`: another user's; `writable`: other users may write it. Both are left alone. */
  readonly verdict: 'open' | 'closed' | 'foreign' | 'writable';
  readonly notBeforeMs: number;
  readonly tries: number;
}

/** The look of a file that cannot be looked at. */
const nothing: Look = { ino: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n, uid: 0n, mode: 0n };

/** The files of the spool folder as they were last seen. */
export class Sightings {
  readonly #folder: string;
  readonly #timing: SpoolTiming;
  readonly #own: number;
  readonly #refuse: (name: string, problem: Problem) => Promise<void>;
  readonly #sightings = new Map<string, Sighting>();

  /**
   * `own`: the user of the daemon. `refuse` gets what cannot be a plan or a document, such as a
   * link.
   */
  constructor(folder: string, timing: SpoolTiming, own: number, refuse: (name: string, problem: Problem) => Promise<void>) {
    this.#folder = folder;
    this.#timing = timing;
    this.#own = own;
    this.#refuse = refuse;
  }

  /** Looks at every file in the folder, which has this mode. */
  async scan(folderMode: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => kindOf(name) !== undefined);
    const present = new Set(names);
    for (const name of this.#sightings.keys()) if (!present.has(name)) this.#sightings.delete(name);
    for (const name of names) await this.#see(name, folderMode);
  }

  /** The files that have settled and are to be taken now. */
  due(): [name: string, sighting: Sighting][] {
    const nowMs = performance.now();
    const isDue = ({ verdict, sinceMs, notBeforeMs }: Sighting): boolean =>
      verdict === 'open' && nowMs - sinceMs >= this.#timing.settleMs && nowMs >= notBeforeMs;
    return [...this.#sightings].filter(([, sighting]) => isDue(sighting));
  }

  /** The files that are not taken, because they are other users' or may be written by them. */
  untrusted(why: 'foreign' | 'writable'): string[] {
    return [...this.#sightings].filter(([, { verdict }]) => verdict === why).map(([name]) => name);
  }

  /** How long until some file must be looked at, unless an event comes. */
  nextLookMs(): number {
    const { lookMs, scanMs } = this.#timing;
    const open = [...this.#sightings.values()].filter(({ verdict }) => verdict === 'open');
    const waits = open.map(({ notBeforeMs }) => notBeforeMs - performance.now());
    return Math.max(lookMs, Math.min(scanMs, ...waits));
  }

  /** Looks at a file that seems incomplete again after it could have settled. */
  wait(name: string, sighting: Sighting): void {
    this.#sightings.set(name, { ...sighting, notBeforeMs: performance.now() + this.#timing.settleMs });
  }

  /** Leaves a file alone until it changes. */
  close(name: string, sighting: Sighting): void {
    this.#sightings.set(name, { ...sighting, verdict: 'closed' });
  }

  /** Leaves a refused file alone until it changes, or for a while where its problem may pass. */
  refused(name: string, sighting: Sighting, problem: Problem): void {
    if (problem.retry === 'never') {
      this.close(name, sighting);
      return;
    }
    const delayMs = Math.min(this.#timing.againMs * 2 ** sighting.tries, this.#timing.longestAgainMs);
    this.#sightings.set(name, { ...sighting, notBeforeMs: performance.now() + delayMs, tries: sighting.tries + 1 });
  }

  /** Forgets a file that was taken. */
  forget(name: string): void {
    this.#sightings.delete(name);
  }

  async #see(name: string, folderMode: number): Promise<void> {
    const before = this.#sightings.get(name);
    const nowMs = performance.now();
    try {
      const look = await lookAt(this.#folder, name);
      if (look === undefined) {
        this.#sightings.delete(name);
        return;
      }
      const verdict = this.#judge(look, folderMode);
      const isAsBefore = before !== undefined && isSame(before.look, look);
      // The folder may have another mode now.
      if (!isAsBefore || (before.verdict !== 'closed' && before.verdict !== verdict))
        this.#sightings.set(name, { look, sinceMs: nowMs, verdict, notBeforeMs: nowMs, tries: 0 });
    } catch (thrown) {
      if (before?.verdict === 'closed') return;
      await this.#refuse(name, asProblem(thrown));
      this.#sightings.set(name, { look: nothing, sinceMs: nowMs, verdict: 'closed', notBeforeMs: nowMs, tries: 0 });
    }
  }

  #judge({ uid, mode }: Look, folderMode: number): Sighting['verdict'] {
    if (!isTrusted(Number(uid), this.#own)) return 'foreign';
    return isOpenToOthers(Number(mode), folderMode) ? 'writable' : 'open';
  }
}
