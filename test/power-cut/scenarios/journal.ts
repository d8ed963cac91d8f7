import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal } from '../../../shared/journal.ts';
import type { Scenario } from '../scenario.ts';

interface Fact {
  readonly fact: string;
}

const pathIn = (state: string): string => join(state, 'campaigns', 'c', 'journal.jsonl');

/** A journal in a folder that is new, across a killed process. */
export const journal: Scenario = {
  name: 'journal',
  lives: [
    async (state, say) => {
      const file = await Journal.open<Fact>(pathIn(state));
      for (const fact of ['begun', `stopped ${'x'.repeat(1000)}`, 'copied']) {
        await file.append({ fact });
        say(fact);
      }
      // A fact that was written and not synced when the daemon was killed.
      await appendFile(pathIn(state), '{"at":"2026","fact":"unsynced"}\n{"at":"2026","fac');
      process.kill(process.pid, 'SIGKILL');
    },
    async (state, say) => {
      const file = await Journal.open<Fact>(pathIn(state));
      // The daemon acts upon what it read.
      for (const { fact } of file.facts.slice(3)) say(fact);
      await file.append({ fact: 'created' });
      say('created');
    },
  ],
  check: async (state, said) => {
    const file = await Journal.open<Fact>(pathIn(state));
    const facts = file.facts.map(({ fact }) => fact);
    await file.append({ fact: 'after the cut' });
    await file.close();
    return said.flatMap((fact, at) => (facts[at] === fact ? [] : [`the fact "${fact.slice(0, 10)}" is lost`]));
  },
};
