import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { campaignItinerary } from '../../../../sender/campaign/itinerary.ts';
import { itinerary } from '../../../../sender/migration/itinerary.ts';

const root = join(import.meta.dirname, '../../../..');
const tables = ['sender/migration/itinerary.ts', 'shared/journey/destination-half.ts', 'sender/campaign/itinerary.ts'];
const phases = itinerary.map(({ name }) => name);
const steps = Object.values(campaignItinerary).flatMap((wish) => wish.steps.map(({ name }) => name));

/** Where a word that is also a name of a phase or of a step means something else. */
const otherMeanings: Readonly<Record<string, readonly string[]>> = {
  // What becomes of a resource: create, adopt, skip.
  create: ['sender/plan/plan-text.ts', 'receiver/bundle/check.ts'],
  // A command of the terminal.
  import: ['sender/cli/import-command.ts'],
};

/** Names in strings of one line, but for comments and for keys of types. */
function namesIn(line: string): string[] {
  if (/^\s*(\/\*\*|\*|\/\/)/.test(line)) return [];
  const code = line.replaceAll(/\b(Pick|Omit)<[^>]*>/g, '').replaceAll(/\b[A-Z]\w*(<'[\w.]+'>)?\['\w+'\]/g, '');
  const literal = new RegExp(`(['"\`])(${[...phases, ...steps].join('|')})\\1`, 'g');
  return [...code.matchAll(literal)].map(([, , name = '']) => name);
}

test('no phase and no step is named in a string outside its table', async () => {
  const wrong: string[] = [];
  for await (const file of glob('{sender/**,receiver/bundle,receiver/campaign,shared/journey}/*.ts', { cwd: root })) {
    if (tables.includes(file)) continue;
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    for (const [index, line] of lines.entries())
      for (const name of namesIn(line))
        if (!otherMeanings[name]?.includes(file)) wrong.push(`${file}:${index + 1} names '${name}'`);
  }
  expect(wrong).toEqual([]);
});

test('a string that names a phase is found, whatever holds it', () => {
  const lines = ["if (fact.phase === 'stop')", "stages['freeze']", 'between(facts, "look", `mark`)', "new Set(['await window'])"];
  expect(lines.flatMap(namesIn)).toEqual(['stop', 'freeze', 'look', 'mark', 'await window']);
});

test('a fact of the journal means one row: no two phases and steps have the same name', () => {
  expect(new Set(phases).size).toBe(phases.length);
  expect(steps.filter((name) => phases.includes(name))).toEqual([]);
});
