import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { campaignItinerary, wavePauses } from '../../../../sender/campaign/itinerary.ts';
import { itinerary } from '../../../../sender/migration/itinerary.ts';

const root = join(import.meta.dirname, '../../../..');
const tables = ['sender/migration/itinerary.ts', 'shared/journey/destination-half.ts', 'sender/campaign/itinerary.ts'];
const phases = itinerary.map(({ name }) => name);
const steps = [...Object.values(campaignItinerary).flatMap((wish) => wish.steps.map(({ name }) => name)), ...wavePauses];

/**
 * Files, and folders that end with a slash, where a name of a phase or step means something else.
 */
const otherMeanings: Readonly<Record<string, readonly string[]>> = {
  // What becomes of a resource: create, adopt, skip; and the word of a mapping for the first.
  create: [
    'sender/plan/plan-text.ts',
    'sender/control/begin.ts',
    'sender/report/changes.ts',
    'sender/plan/earlier.ts',
    'shared/model/mappings.ts',
    'sender/plan/rules/reason.ts',
    'sender/plan/rules/target.ts',
    'receiver/bundle/check.ts',
    'shared/model/concern.ts',
    'shared/cloud/',
  ],
  // A command of the terminal.
  import: ['sender/cli/import-command.ts', 'receiver/cli/bundle-commands.ts'],
  // A setting of the plan.
  probe: ['shared/problem.ts'],
  // An event of a socket.
  connect: ['protocol/transport/tcp.ts', 'shared/probe/answer.ts', 'shared/control/socket-file.ts'],
};

const meansOther = (name: string, file: string): boolean =>
  otherMeanings[name]?.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place)) ?? false;

/** Names in strings of one line, but for comments and for keys of types. */
function namesIn(line: string): string[] {
  if (/^\s*(\/\*\*|\*|\/\/)/.test(line)) return [];
  const code = line.replaceAll(/\b(Pick|Omit)<[^>]*>/g, '').replaceAll(/\b[A-Z]\w*(<'[\w.]+'>)?\['\w+'\]/g, '');
  const literal = new RegExp(`(['"\`])(${[...phases, ...steps].join('|')})\\1`, 'g');
  return [...code.matchAll(literal)].map(([, , name = '']) => name);
}

test('no phase and no step is named in a string outside its table', async () => {
  const wrong: string[] = [];
  for await (const file of glob('{sender,receiver,protocol,shared}/**/*.ts', { cwd: root })) {
    if (tables.includes(file)) continue;
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    for (const [index, line] of lines.entries())
      for (const name of namesIn(line)) if (!meansOther(name, file)) wrong.push(`${file}:${index + 1} names '${name}'`);
  }
  expect(wrong).toEqual([]);
});

test('a string that names a phase is found, whatever holds it', () => {
  const lines = ["if (fact.phase === 'stop')", "phases['freeze']", 'between(facts, "look", `mark`)', "new Set(['await window'])"];
  expect(lines.flatMap(namesIn)).toEqual(['stop', 'freeze', 'look', 'mark', 'await window']);
});

test('a fact of the journal means one row: no two phases and steps have the same name', () => {
  expect(new Set(phases).size).toBe(phases.length);
  expect(steps.filter((name) => phases.includes(name))).toEqual([]);
});
