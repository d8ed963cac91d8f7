import { join } from 'node:path';
import { Disks } from '../../../receiver/disks/disks.ts';
import { Journal } from '../../../shared/journal.ts';
import type { Scenario } from '../scenario.ts';
import { checkCopy, closeChecks } from './check-copy.ts';
import { offerOf, pullerOf, take, toolsIn } from './copy.ts';

/** Flushes of the data, the digests and the marks, in turn; the two before are of a new copy. */
export const afterOpening: readonly number[] = [3, 4, 5, 6, 7, 8];

/** What a disk answers, once, to a flush. */
export type FlushError = 'EIO' | 'ENOSPC';

/** A copy one of whose flushes fails; the sender offers the disk again, as it does. */
export function copyWith(error: FlushError, flush: number): Scenario {
  return {
    name: `copy with ${error} at flush ${flush}`,
    inject: [`fdatasync:error=${error}:when=${flush}`],
    lives: [
      async (state, say) => {
        const all = new Disks('c', state, toolsIn(state));
        for (const version of [0, 0, 1, 1]) {
          const offer = offerOf(version);
          say(`offered ${version}`);
          try {
            const copy = await all.offer('s', 'd', offer.shape);
            await take(copy, offer, 0, 7);
            await copy.flushes.now();
            say('durable 0 1 2 3 4 5 6');
            await take(copy, offer, 7, 5);
            await all.seal('s', 'd', offer.root, pullerOf(copy, offer));
            say(`sealed ${version}`);
          } catch (thrown) {
            say(`failed ${(thrown as NodeJS.ErrnoException).code}`);
          }
        }
      },
    ],
    mostFates: 12,
    check: checkCopy,
    close: closeChecks,
  };
}

interface Fact {
  readonly fact: string;
}

/** A journal one of whose flushes fails, and that is written on. */
function journalWith(error: FlushError, flush: number): Scenario {
  const path = (state: string): string => join(state, 'journal.jsonl');
  return {
    name: `journal with ${error} at flush ${flush}`,
    mostFates: 12,
    inject: [`fdatasync:error=${error}:when=${flush}`],
    lives: [
      async (state, say) => {
        const file = await Journal.open<Fact>(path(state));
        for (let number = 0; number < 6; number += 1) {
          const fact = `fact ${number}`;
          await file.append({ fact }).then(
            () => say(fact),
            () => undefined,
          );
        }
      },
    ],
    check: async (state, said) => {
      const file = await Journal.open<Fact>(path(state));
      const facts = file.facts.map(({ fact }) => fact);
      await file.close();
      return said.flatMap((fact) => (facts.includes(fact) ? [] : [`"${fact}" is lost`]));
    },
  };
}

/** Faults at every flush of a copy and of a journal. */
export const faults: readonly Scenario[] = (['EIO', 'ENOSPC'] as const).flatMap((error) => [
  ...[1, 2, ...afterOpening].map((flush) => copyWith(error, flush)),
  ...Array.from({ length: 4 }, (_, before) => journalWith(error, before + 1)),
]);
